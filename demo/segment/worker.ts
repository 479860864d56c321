import * as Comlink from "comlink";
import { TrainingError } from "../../src/core/errors.ts";
import { Turns } from "../../src/core/turns.ts";
import { Gpu } from "../../src/gpu/gpu.ts";
import { openSafetensors } from "../../src/io/safetensors.ts";
import { type Inspection, inspectModel } from "../shell/inspection.ts";
import { tellGone } from "../shell/lostGpu.ts";
import { readBytes, removeBytes, writeBytes } from "../shell/storage.ts";
import type { InspectOptions } from "../shell/tab.ts";
import { CellsSession, type Score, type Section } from "./cellsSession.ts";
import type { Row } from "./learner.ts";
import { PaintingSession, type Picture } from "./paintingSession.ts";
import type { View } from "./views.ts";

/** The two things that this tab learns. */
export type Subject = "painting" | "cells";

/** What the page hears while the worker is at work. */
export interface Audience {
  /** Part of the kernels that are compiled. */
  compiling(subject: Subject, part: number): void;
  /** `part` is how much of what is there is learned. */
  learned(subject: Subject, row: Row, part: number): void;
  /** A fresh overlay for the painted picture. */
  looked(overlay: ImageBitmap): void;
  scored(score: Score): void;
  /** The GPU went away under what learns, which goes on when there is another. */
  lost(subject: Subject): void;
  /** The network was kept for the next visit; or was not, for a reason. */
  kept(reason: string | null): void;
}

const networkName = "segment-network.safetensors";
/** The painting's network is kept about this often while it learns, and whenever it pauses. */
const keepMs = 5_000;

/** The worker of the tab Segment: a painting and the cells, on one device, of which one learns at a time. */
export class SegmentWorker {
  #gpu: Gpu | null = null;
  #audience: Audience | null = null;
  #painting: PaintingSession | null = null;
  #cells: CellsSession | null = null;
  #keptAt = 0;
  /** Pictures are opened one after the other. */
  readonly #openings = new Turns();

  listen(audience: Audience): void {
    this.#audience = audience;
  }

  /** Takes a picture to paint on, with a fresh network, that of a file, or the one that the last visit left. */
  openPicture(picture: Picture, network: Uint8Array | "kept" | null): Promise<void> {
    return this.#openings.take(() => tellGone(() => this.#openPicture(picture, network)));
  }

  relabel(labels: Uint8Array, known: readonly number[]): Promise<void> {
    return tellGone(() => this.#livePainting.relabel(labels, known));
  }

  show(view: View): Promise<void> {
    return tellGone(() => this.#livePainting.show(view));
  }

  mask(): Promise<Uint8Array<ArrayBuffer>> {
    return tellGone(() => this.#livePainting.mask());
  }

  /** The painting's network as a file, with notes in it. */
  async save(notes: Readonly<Record<string, string>>): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.#livePainting.save(notes);
    return Comlink.transfer(bytes, [bytes.buffer]);
  }

  /** Keeps the painting's network for the next visit, where it has learned anything. */
  async keep(): Promise<void> {
    const painting = this.#painting;
    if (!painting?.hasLearned) return;
    this.#keptAt = performance.now();
    try {
      await writeBytes(networkName, await painting.save({ painting: painting.id }));
      this.#audience?.kept(null);
    } catch (error) {
      // Where another picture was opened meanwhile, the page had this one kept before.
      if (painting === this.#painting) this.#audience?.kept(error instanceof Error ? error.message : String(error));
    }
  }

  /** Steps that the network which was kept of a painting has learned; 0 where none was. */
  async keptSteps(painting: string): Promise<number> {
    return (await keptNetwork(painting))?.steps ?? 0;
  }

  async forget(): Promise<void> {
    await removeBytes(networkName);
  }

  /** Draws the cells and makes a fresh network for them. */
  openCells(): Promise<Section> {
    return tellGone(() => this.#openCells());
  }

  async #openCells(): Promise<Section> {
    await this.pause();
    const gpu = await this.#device();
    this.#cells?.dispose();
    this.#cells = null;
    const audience = this.#audience;
    const listener = {
      learned: (row: Row) => audience?.learned("cells", row, 0),
      scored: (score: Score) => audience?.scored(score),
      lost: () => audience?.lost("cells"),
    };
    this.#cells = await CellsSession.create(gpu, listener, (done, total) => audience?.compiling("cells", done / total));
    return this.#cells.section;
  }

  /** Trains until `pause`, or until there is no more to learn: then true. Rejects where the training fails. */
  async train(subject: Subject): Promise<boolean> {
    await this.pause();
    const session = this.#sessionOf(subject);
    try {
      await tellGone(() => session.run());
    } finally {
      if (subject === "painting") await this.keep();
    }
    return session instanceof PaintingSession && session.isSettled;
  }

  /** Ends training and steps of both; resolves when the last of them is over. */
  async pause(): Promise<void> {
    await Promise.all([this.#painting?.pause(), this.#cells?.pause()]);
  }

  async step(subject: Subject): Promise<void> {
    await tellGone(() => this.#sessionOf(subject).step());
  }

  inspect(subject: Subject, options: InspectOptions): Promise<Inspection> {
    return inspectModel(this.#sessionOf(subject).segmenter, options);
  }

  async #openPicture(picture: Picture, network: Uint8Array | "kept" | null): Promise<void> {
    await this.pause();
    const gpu = await this.#device();
    this.#painting?.dispose();
    this.#painting = null;
    const audience = this.#audience;
    this.#painting = await PaintingSession.create(gpu, picture, {
      checkpoint: network === "kept" ? ((await keptNetwork(picture.painting))?.bytes ?? null) : network,
      onCompile: (done, total) => audience?.compiling("painting", done / total),
      listener: {
        learned: (row, part) => {
          audience?.learned("painting", row, part);
          if (performance.now() - this.#keptAt > keepMs) void this.keep();
        },
        looked: async (overlay) => {
          const bitmap = await createImageBitmap(overlay);
          audience?.looked(Comlink.transfer(bitmap, [bitmap]));
        },
        lost: () => audience?.lost("painting"),
      },
    });
  }

  #sessionOf(subject: Subject): PaintingSession | CellsSession {
    if (subject === "painting") return this.#livePainting;
    if (this.#cells) return this.#cells;
    throw new TrainingError({ seen: "no cells", wanted: "them drawn: wait until they are there" });
  }

  get #livePainting(): PaintingSession {
    if (this.#painting) return this.#painting;
    throw new TrainingError({ seen: "no picture", wanted: "one that is ready: wait until it is opened" });
  }

  async #device(): Promise<Gpu> {
    // Trainings whose device was lost have found themselves another.
    const known = [this.#painting?.gpu, this.#cells?.gpu, this.#gpu];
    this.#gpu = known.find((gpu) => gpu && !gpu.isLost) ?? (await Gpu.create());
    return this.#gpu;
  }
}

/** The network that was kept of a painting, and the steps that it has learned; null where none was. */
async function keptNetwork(painting: string): Promise<{ readonly bytes: Uint8Array; readonly steps: number } | null> {
  const bytes = await readBytes(networkName);
  if (!bytes) return null;
  const { metadata } = await openSafetensors(bytes);
  return metadata["notes/painting"] === painting ? { bytes, steps: Number(metadata.step) } : null;
}

Comlink.expose(new SegmentWorker());
