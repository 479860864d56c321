import * as Comlink from "comlink";
import { TrainingError } from "../../src/core/errors.ts";
import { prepareDrawing } from "../../src/data/drawing.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { openSafetensors } from "../../src/io/safetensors.ts";
import type { Inspection } from "../shell/inspection.ts";
import { tellGone } from "../shell/lostGpu.ts";
import { readBytes, removeBytes, writeBytes } from "../shell/storage.ts";
import type { InspectOptions } from "../shell/tab.ts";
import { type CurvesFile, curvesFile } from "./curvesLog.ts";
import type { Row } from "./history.ts";
import type { Judgement, Mistake } from "./judge.ts";
import { keepFiles, loadSets } from "./loadSets.ts";
import type { Look } from "./look.ts";
import type { Drawing } from "./pad.ts";
import { type Listener, type Progress, Session } from "./session.ts";
import type { ImageSets } from "./sets.ts";
import { readSettings, type Settings } from "./settings.ts";

/** How a network does on test images, with pictures of its mistakes, one after the other. */
export interface Verdict extends Omit<Judgement, "mistakes"> {
  /** Some of the images that are read wrong, those of the surest answers first, of so many. */
  readonly mistakes: readonly Mistake[];
  readonly wrong: number;
  /** [mistakes, height, width], u8 */
  readonly pictures: Uint8Array<ArrayBuffer>;
  readonly height: number;
  readonly width: number;
}

/** What the page hears while the worker is at work. */
export interface Audience {
  /** What goes on; `part` is how much of it is done, absent where nobody knows. */
  say(text: string, part?: number): void;
  /** `rows` are new points of the curves; `whole` says that they take the place of all before. */
  progress(progress: Progress, rows: readonly Row[], whole: boolean): void;
  judged(verdict: Verdict): void;
  /** The GPU went away under the training, which goes on when there is another. */
  lost(): void;
}

/** A training that was kept by an earlier visit. */
export interface Kept {
  readonly settings: Settings;
  readonly epoch: number;
  readonly step: number;
}

const checkpointName = "digits-checkpoint.safetensors";
/** A checkpoint is kept about this often, and whenever the training pauses. */
const keepMs = 10_000;
/** Mistakes that are shown at most. */
const shownMistakes = 45;

/** The worker of the tab Digits: one network in training at a time, on a device of its own. */
export class DigitsWorker {
  #gpu: Gpu | null = null;
  #audience: Audience | null = null;
  #session: Session | null = null;
  #sets: { readonly key: string; readonly sets: ImageSets } | null = null;
  /** The training under way. */
  #run: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null;
  #keptAt = 0;

  listen(audience: Audience): void {
    this.#audience = audience;
  }

  hasNetwork(): boolean {
    return this.#session !== null;
  }

  /** Makes a network with fresh weights, in place of the one before. */
  async build(settings: Settings): Promise<void> {
    await tellGone(() => this.#open(settings, null));
  }

  /** Trains until `pause`, or to the end; resolves then. Rejects where the training fails. */
  async start(): Promise<void> {
    const session = this.#live;
    const stop = new AbortController();
    const ended = tellGone(() => session.run(stop.signal, this.#listenerOf(session), () => this.#keepNowAndThen()));
    this.#run = { stop, ended };
    try {
      await ended;
    } finally {
      this.#run = null;
      await this.keep();
    }
  }

  async pause(): Promise<void> {
    this.#run?.stop.abort();
    // Whoever started it hears of its failure.
    await this.#run?.ended.catch(() => {});
  }

  async step(): Promise<void> {
    const session = this.#live;
    await tellGone(() => session.step(this.#listenerOf(session)));
  }

  /** Changes what may change while it runs. */
  change({ learningRate, epochs }: Partial<Pick<Settings, "learningRate" | "epochs">>): void {
    if (learningRate !== undefined) this.#live.learningRate = learningRate;
    if (epochs !== undefined) this.#live.epochs = epochs;
  }

  /** What the network makes of a drawing; of a test image where that is null. */
  async look(drawing: Drawing | null): Promise<Look> {
    const session = this.#live;
    const side = session.sets.test.height;
    const look = await session.look(
      drawing && {
        images: prepareDrawing(drawing.ink, drawing.width, drawing.height, side),
        height: side,
        width: side,
      },
    );
    return Comlink.transfer(
      look,
      [look.filters, ...look.maps].map(({ values }) => values.buffer),
    );
  }

  /** One of the test images, as a drawing. */
  example(): Drawing {
    const { count, height, width, images } = this.#live.sets.test;
    const size = height * width;
    const first = size * Math.floor(count * Math.random());
    return { ink: images.slice(first, first + size), height, width };
  }

  /** The training as a file, from which it can go on. */
  async save(): Promise<Uint8Array<ArrayBuffer>> {
    const session = this.#live;
    const bytes = await session.save();
    return Comlink.transfer(bytes, [bytes.buffer]);
  }

  /** The curves so far as a file. */
  curves(kind: "tensorBoard" | "csv"): CurvesFile {
    const { rows, stepsPerEpoch } = this.#live;
    return curvesFile(kind, rows, stepsPerEpoch);
  }

  /**
   * Takes a file: a training of this page goes on where it was, on the images that are there; of other files the network
   * takes the weights. Returns the settings of now.
   */
  async openFile(bytes: Uint8Array, now: Settings): Promise<Settings> {
    const { metadata } = await openSafetensors(bytes);
    const settings = readSettings(metadata["notes/settings"]);
    if (settings) {
      const { data, limit } = now;
      await this.#open({ ...settings, data, limit }, bytes);
      return { ...settings, data, limit };
    }
    const session = this.#live;
    await session.loadWeights(bytes);
    await this.#judge(session);
    return now;
  }

  /** The training that an earlier visit left; null where there is none. */
  async kept(): Promise<Kept | null> {
    const bytes = await readBytes(checkpointName);
    if (!bytes) return null;
    const { metadata } = await openSafetensors(bytes);
    const settings = readSettings(metadata["notes/settings"]);
    const steps = Number(metadata["notes/steps"]);
    const step = Number(metadata.step);
    return settings && { settings, epoch: Math.floor(step / steps) + 1, step: step % steps };
  }

  /** Goes on with the training that an earlier visit left. Returns its settings. */
  async resume(): Promise<Settings> {
    const bytes = await readBytes(checkpointName);
    const { metadata } = bytes ? await openSafetensors(bytes) : { metadata: {} as Record<string, string> };
    const settings = readSettings(metadata["notes/settings"]);
    if (!bytes || !settings) {
      throw new TrainingError({ seen: "no training in the browser's storage", wanted: "one that was kept there" });
    }
    await tellGone(() => this.#open(settings, bytes));
    return settings;
  }

  /** Keeps the training in the browser's storage. */
  async keep(): Promise<void> {
    const session = this.#session;
    if (!session || session.rows.length === 0) return;
    await writeBytes(checkpointName, await session.save());
    this.#keptAt = performance.now();
  }

  async forget(): Promise<void> {
    await removeBytes(checkpointName);
  }

  /** Keeps the IDX files that a person opened, for settings whose data are files. */
  async keepFiles(files: readonly File[]): Promise<void> {
    await keepFiles(files);
    this.#sets = null;
  }

  async inspect(options: InspectOptions): Promise<Inspection> {
    return this.#live.inspect(options);
  }

  get #live(): Session {
    if (this.#session) return this.#session;
    throw new TrainingError({ seen: "no network", wanted: "one that is ready: wait until it is built" });
  }

  async #open(settings: Settings, checkpoint: Uint8Array | null): Promise<void> {
    await this.pause();
    const gpu = await this.#device();
    const sets = await this.#load(settings);
    this.#session?.dispose();
    this.#session = null;
    const onCompile = (done: number, total: number) =>
      this.#audience?.say(`Compiling kernels: ${done} of ${total}`, done / total);
    const session = await Session.create(gpu, settings, sets, onCompile, checkpoint);
    this.#session = session;
    await this.#judge(session);
    // The first look compiles its kernels: now, not under the pen.
    await session.look(null);
    this.#audience?.progress(session.progress, session.rows, true);
  }

  async #device(): Promise<Gpu> {
    // A training whose device was lost has found itself another.
    const gpu = this.#session?.gpu ?? this.#gpu;
    this.#gpu = gpu && !gpu.isLost ? gpu : await Gpu.create();
    return this.#gpu;
  }

  async #load(settings: Settings): Promise<ImageSets> {
    const key = JSON.stringify([settings.data, settings.limit]);
    if (this.#sets?.key !== key) {
      this.#sets = { key, sets: await loadSets(settings, (text) => this.#audience?.say(text)) };
    }
    return this.#sets.sets;
  }

  #listenerOf(session: Session): Listener {
    return {
      progress: (progress, rows) => this.#audience?.progress(progress, rows, false),
      judged: (judgement) => this.#tellVerdict(session, judgement),
      lost: () => this.#audience?.lost(),
    };
  }

  async #judge(session: Session): Promise<void> {
    this.#tellVerdict(session, await session.validate());
  }

  #tellVerdict({ sets: { test } }: Session, judgement: Judgement): void {
    const { height, width, images } = test;
    const size = height * width;
    const mistakes = judgement.mistakes.toSorted((a, b) => b.certainty - a.certainty).slice(0, shownMistakes);
    const pictures = new Uint8Array(mistakes.length * size);
    mistakes.forEach(({ index }, i) => {
      pictures.set(images.subarray(index * size, (index + 1) * size), i * size);
    });
    this.#audience?.judged({ ...judgement, mistakes, wrong: judgement.mistakes.length, pictures, height, width });
  }

  async #keepNowAndThen(): Promise<void> {
    if (performance.now() - this.#keptAt > keepMs) await this.keep();
  }
}

Comlink.expose(new DigitsWorker());
