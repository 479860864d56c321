import * as Comlink from "comlink";
import { TrainingError } from "../../src/core/errors.ts";
import { prepareDrawing } from "../../src/data/drawing.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { openSafetensors } from "../../src/io/safetensors.ts";
import type { Inspection } from "../shell/inspection.ts";
import { tellGone } from "../shell/lostGpu.ts";
import type { InspectOptions } from "../shell/tab.ts";
import { type CurvesFile, curvesFile } from "./curvesLog.ts";
import type { Row } from "./history.ts";
import type { Judgement } from "./judge.ts";
import { forgetTraining, type Kept, keepTraining, readTraining } from "./keptTraining.ts";
import { keepFiles, loadSets, readFiles } from "./loadSets.ts";
import type { Look } from "./look.ts";
import type { Drawing } from "./pad.ts";
import { type Listener, type Progress, Session } from "./session.ts";
import type { ImageSets } from "./sets.ts";
import { type LiveSettings, readSettings, type Settings } from "./settings.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** What the page hears while the worker is at work. */
export interface Audience {
  /** What goes on; `part` is how much of it is done, absent where nobody knows. */
  say(text: string, part?: number): void;
  /** `rows` are new points of the curves; `whole` says that they take the place of all before. */
  progress(progress: Progress, rows: readonly Row[], whole: boolean): void;
  judged(verdict: Verdict): void;
  /** The GPU went away under the training, which goes on when there is another. */
  lost(): void;
  /** The browser keeps nothing for a later visit, for this reason. Told once. */
  unkept(reason: string): void;
}

/** A checkpoint is kept about this often, and whenever the training pauses. */
const keepMs = 10_000;

/** The worker of the tab Digits: one network in training at a time, on a device of its own. */
export class DigitsWorker {
  #gpu: Gpu | null = null;
  #audience: Audience | null = null;
  #session: Session | null = null;
  #sets: { readonly key: string; readonly sets: ImageSets } | null = null;
  /** The training under way. */
  #run: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null;
  #keptAt = 0;
  #canKeep = true;

  listen(audience: Audience): void {
    this.#audience = audience;
  }

  hasNetwork(): boolean {
    return this.#session !== null;
  }

  /** Makes a network with fresh weights, in place of the one before. */
  async build(settings: Settings): Promise<void> {
    await this.#replace(() => this.#open(settings, null));
  }

  /** Trains until `pause`, or to the end; resolves then. Rejects where the training fails. */
  async start(): Promise<void> {
    const stop = new AbortController();
    const ended = this.#train(this.#live, stop.signal);
    this.#run = { stop, ended };
    try {
      await ended;
    } finally {
      this.#run = null;
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

  /** Changes what may change while it runs, where there is a network, and tells what that makes of its progress. */
  change({ learningRate, epochs }: LiveSettings): void {
    const session = this.#session;
    if (!session) return;
    if (learningRate !== undefined) session.learningRate = learningRate;
    if (epochs !== undefined) session.epochs = epochs;
    this.#audience?.progress(session.progress, [], false);
  }

  /** What the network makes of a drawing; of a test image where that is null. */
  async look(drawing: Drawing | null): Promise<Look> {
    const session = this.#live;
    const side = session.sets.test.height;
    const image = drawing && {
      images: prepareDrawing(drawing.ink, drawing.width, drawing.height, side),
      height: side,
      width: side,
    };
    const look = await tellGone(() => session.look(image));
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
   * takes the weights. Returns the settings of the network.
   */
  openFile(file: File, { data, limit }: Settings): Promise<Settings> {
    return this.#replace(async () => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const { metadata } = await openSafetensors(bytes);
      const settings = readSettings(metadata["notes/settings"]);
      if (settings) await this.#open({ ...settings, data, limit }, bytes);
      else {
        await this.#live.loadWeights(bytes);
        await this.#judge(this.#live);
      }
      return this.#live.settings;
    });
  }

  /** Makes a network for the IDX files that a person opened, which are kept for later visits. */
  openImages(files: readonly File[], settings: Settings): Promise<void> {
    return this.#replace(async () => {
      const sets = await readFiles(files, settings.limit);
      await this.#keeping(() => keepFiles(files));
      this.#sets = { key: setsKey(settings), sets };
      await this.#open(settings, null);
    });
  }

  /** The training that an earlier visit left; null where there is none. */
  async kept(): Promise<Kept | null> {
    return (await readTraining())?.kept ?? null;
  }

  /** Goes on with the training that an earlier visit left. Returns its settings. */
  async resume(): Promise<Settings> {
    const training = await readTraining();
    if (!training) {
      throw new TrainingError({ seen: "no training in the browser's storage", wanted: "one that was kept there" });
    }
    const { kept, checkpoint } = training;
    await this.#replace(() => this.#open(kept.settings, checkpoint));
    return kept.settings;
  }

  /** Keeps the training in the browser's storage. */
  async keep(): Promise<void> {
    const session = this.#session;
    if (!session || session.rows.length === 0) return;
    await this.#keeping(async () => keepTraining(await session.save()));
    this.#keptAt = performance.now();
  }

  async forget(): Promise<void> {
    await forgetTraining();
  }

  async inspect(options: InspectOptions): Promise<Inspection> {
    return this.#live.inspect(options);
  }

  get #live(): Session {
    if (this.#session) return this.#session;
    throw new TrainingError({ seen: "no network", wanted: "one that is ready: wait until it is built" });
  }

  /** Does what puts another network in the place of this one, whose training ends before. */
  async #replace<T>(work: () => Promise<T>): Promise<T> {
    await this.pause();
    return tellGone(work);
  }

  async #open(settings: Settings, checkpoint: Uint8Array | null): Promise<void> {
    const gpu = await this.#device();
    const sets = await this.#load(settings);
    await this.#session?.dispose();
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
    const key = setsKey(settings);
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

  #tellVerdict({ sets }: Session, judgement: Judgement): void {
    this.#audience?.judged(verdictOf(judgement, sets.test));
  }

  async #train(session: Session, signal: AbortSignal): Promise<void> {
    try {
      await tellGone(() => session.run(signal, this.#listenerOf(session), () => this.#keepNowAndThen()));
    } finally {
      await this.keep();
    }
  }

  async #keepNowAndThen(): Promise<void> {
    if (performance.now() - this.#keptAt > keepMs) await this.keep();
  }

  /** Keeps something for a later visit. Where the browser refuses, that is told once, and all else goes on. */
  async #keeping(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#canKeep = true;
    } catch (error) {
      if (this.#canKeep) this.#audience?.unkept(error instanceof Error ? error.message : String(error));
      this.#canKeep = false;
    }
  }
}

/** By which images are known again. */
function setsKey({ data, limit }: Settings): string {
  return JSON.stringify([data, limit]);
}

Comlink.expose(new DigitsWorker());
