import type * as Comlink from "comlink";
import { isGpuGone } from "../shell/lostGpu.ts";
import type { Picture } from "./paintingSession.ts";
import { classesIn } from "./strokes.ts";
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
  /** Classes that the network tells apart without a stroke. */
  #known: readonly number[] = [];
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
  async open(picture: Picture, network: Uint8Array | "kept" | null, view: View): Promise<void> {
    this.#picture = picture;
    this.#wantsLearning = true;
    this.#setState("opening");
    await this.attempt(async () => {
      await this.#worker.openPicture(picture, network);
      // Another one may have been opened meanwhile.
      if (this.#picture !== picture) return;
      this.#setState("waiting");
      await this.#worker.show(view);
      void this.#tell();
    });
  }

  /** Tells what the strokes leave, and which classes need none; the worker learns from it. */
  async tell(labels: Uint8Array<ArrayBuffer>, known: readonly number[]): Promise<void> {
    this.#labels = labels;
    this.#known = known;
    await this.#tell();
  }

  /** Pauses what learns, and lets what rests learn. */
  async toggle(): Promise<void> {
    this.#wantsLearning = this.#state !== "learning";
    // Labels that are told again are new ones: what has settled goes on.
    if (this.#wantsLearning) await this.#tell();
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
    await this.#tell();
  }

  async show(view: View): Promise<void> {
    if (this.isReady) await this.#worker.show(view);
  }

  /** Does something; where it fails, the lesson is over until a picture is opened again. */
  async attempt(act: () => Promise<void>): Promise<void> {
    const picture = this.#picture;
    try {
      await act();
    } catch (error) {
      // What ended because another picture was opened is no failure.
      if (this.#picture !== picture) return;
      this.#setState(isGpuGone(error) ? "gone" : "failed");
      this.#listener.onError(error);
    }
  }

  /** Tells the worker, and lets it learn; while it listens, further calls become one. */
  async #tell(): Promise<void> {
    if (!this.isReady) return;
    this.#telling.again = true;
    if (this.#telling.busy) return;
    this.#telling.busy = true;
    while (this.#telling.again && this.isReady) {
      this.#telling.again = false;
      await this.attempt(() => this.#worker.relabel(this.#labels, this.#known));
    }
    this.#telling.busy = false;
    if (this.#wantsLearning) await this.attempt(() => this.#learn());
  }

  /** Lets the worker learn where it does not yet, and there are classes to tell apart. */
  async #learn(): Promise<void> {
    if (!this.isReady || this.#state === "learning" || classesIn(this.#labels).size < 2) return;
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
