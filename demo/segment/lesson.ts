import type * as Comlink from "comlink";
import { unlabelled } from "../../src/data/scribbleDataset.ts";
import { isGpuGone } from "../shell/lostGpu.ts";
import type { Checkpoint, Picture } from "./paintingSession.ts";
import type { View } from "./views.ts";
import type { SegmentWorker } from "./worker.ts";

/**
 * `opening`: no network yet. `waiting`: for strokes of two classes. `settled`: there is no more to learn from these.
 * `gone`: the GPU is, and what was learned is kept until there is another.
 */
export type LessonState = "opening" | "waiting" | "learning" | "paused" | "settled" | "gone" | "failed";

export interface LessonListener {
  onState(state: LessonState): void;
  onError(error: unknown): void;
}

/** What the worker does with a painting: it learns whenever there are two classes, unless it is told to pause. */
export class Lesson {
  readonly #worker: Comlink.Remote<SegmentWorker>;
  readonly #listener: LessonListener;
  #state: LessonState = "opening";
  /** The picture that was opened last. */
  #picture: Picture | null = null;
  /** [height, width]: what the strokes leave. */
  #labels = new Uint8Array(0);
  /** Whether it is to learn as soon as it can. */
  #wantsLearning = true;
  /** Whether it was learning when something else came to learn. */
  #isInterrupted = false;
  /** Whether the worker is being told of the labels, and is to be told again. */
  #telling = { busy: false, again: false };

  constructor(worker: Comlink.Remote<SegmentWorker>, listener: LessonListener) {
    this.#worker = worker;
    this.#listener = listener;
  }

  get state(): LessonState {
    return this.#state;
  }

  /** Whether there is a network. */
  get isReady(): boolean {
    return this.#state !== "opening" && this.#state !== "gone" && this.#state !== "failed";
  }

  /** Begins with a picture; resolves when the network is ready for it. */
  async open(picture: Picture, network: Checkpoint | "kept" | null, view: View): Promise<void> {
    this.#picture = picture;
    this.#wantsLearning = true;
    this.#setState("opening");
    await this.attempt(async () => {
      await this.#worker.openPicture(picture, network);
      // Another one may have been opened meanwhile.
      if (this.#picture !== picture) return;
      this.#setState("waiting");
      await this.#worker.show(view);
      void this.tell(this.#labels);
    });
  }

  /** Tells the worker of the labels, and lets it learn; while it listens, further calls become one. */
  async tell(labels: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#labels = labels;
    if (!this.isReady) return;
    this.#telling.again = true;
    if (this.#telling.busy) return;
    this.#telling.busy = true;
    await this.attempt(async () => {
      while (this.#telling.again) {
        this.#telling.again = false;
        await this.#worker.relabel(this.#labels);
      }
    });
    this.#telling.busy = false;
    if (this.#wantsLearning) await this.attempt(() => this.#learn());
  }

  /** Pauses what learns, and lets what rests learn. */
  async toggle(): Promise<void> {
    this.#wantsLearning = this.#state !== "learning";
    // Labels that are told again are new ones: what has settled goes on.
    if (this.#wantsLearning) await this.tell(this.#labels);
    else await this.#worker.pause();
  }

  /** Something else comes to learn. */
  rest(): void {
    this.#isInterrupted = this.#state === "learning";
    this.#wantsLearning = false;
  }

  /** Goes on where it was interrupted. */
  async wake(): Promise<void> {
    if (!this.#isInterrupted) return;
    this.#isInterrupted = false;
    this.#wantsLearning = true;
    await this.tell(this.#labels);
  }

  async show(view: View): Promise<void> {
    if (this.isReady) await this.#worker.show(view);
  }

  /** Does something; where it fails, the lesson is over until a picture is opened again. */
  async attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#setState(isGpuGone(error) ? "gone" : "failed");
      this.#listener.onError(error);
    }
  }

  /** Lets the worker learn where it does not yet, and there are classes to tell apart. */
  async #learn(): Promise<void> {
    if (!this.isReady || this.#state === "learning" || !hasTwoClasses(this.#labels)) return;
    this.#setState("learning");
    const settled = await this.#worker.train("painting");
    // It may have failed meanwhile, or another picture was opened.
    if (this.state !== "learning") return;
    this.#setState(settled ? "settled" : this.#wantsLearning ? "waiting" : "paused");
  }

  #setState(state: LessonState): void {
    this.#state = state;
    this.#listener.onState(state);
  }
}

function hasTwoClasses(labels: Uint8Array): boolean {
  const first = labels.find((label) => label !== unlabelled);
  return labels.some((label) => label !== unlabelled && label !== first);
}
