import type * as Comlink from "comlink";
import { find } from "../shell/elements.ts";
import type { Shell } from "../shell/shell.ts";
import { Files } from "./files.ts";
import type { PaintedClass } from "./history.ts";
import { Keeper } from "./keeper.ts";
import { forgetPainting, type KeptPainting, readKept } from "./keeping.ts";
import type { Row } from "./learner.ts";
import { Lesson, type LessonState } from "./lesson.ts";
import { Offer } from "./offer.ts";
import { type OpenedPicture, rgbOf } from "./pictures.ts";
import { ProgressPanel } from "./progressPanel.ts";
import { Sheet } from "./sheet.ts";
import type { Stroke } from "./strokes.ts";
import type { SegmentWorker } from "./worker.ts";

/** A picture, what was painted on it, and what was learned. */
export interface Opening {
  readonly picture: OpenedPicture;
  readonly classes: readonly PaintedClass[];
  readonly strokes?: readonly Stroke[];
  /** Labels of the classes that the network tells apart without a stroke. Default: none. */
  readonly known?: readonly number[];
  /** Default: null, one that has learned nothing. */
  readonly network?: Uint8Array | "kept" | null;
  /** Whether it learns when it is told to, not before. Default false. */
  readonly waits?: boolean;
  /** Name of the painting, by which it is kept. Default: a new one. */
  readonly id?: string;
}

/** The page's side of learning from strokes: what a person paints, and what is made of it. */
export class Painting {
  readonly #host: HTMLElement;
  readonly #shell: Shell;
  readonly #worker: Comlink.Remote<SegmentWorker>;
  readonly #sheet: Sheet;
  readonly #files: Files;
  readonly #offer: Offer;
  readonly #keeper: Keeper;
  readonly #lesson: Lesson;
  readonly #progress: ProgressPanel;
  #id = "";
  /** Whether its network is to learn when it is told to, not before. */
  #waits = false;

  constructor(host: HTMLElement, shell: Shell, worker: Comlink.Remote<SegmentWorker>) {
    this.#host = host;
    this.#shell = shell;
    this.#worker = worker;
    this.#progress = new ProgressPanel(host);
    this.#lesson = new Lesson(worker, { onState: (state) => this.#onState(state), onError: shell.notice });
    this.#keeper = new Keeper({ painting: () => (this.#offer.isOpen ? null : this.#painting), say: shell.notice });
    this.#offer = new Offer(host, {
      onResume: (painting) => void this.#open({ ...painting, network: "kept" }),
      onDiscard: () => void this.#discard().catch(shell.notice),
    });
    this.#sheet = new Sheet(host, {
      onPaint: () => void this.#tell(),
      onChange: () => this.#onChange(),
      onView: (view) => void this.#lesson.attempt(() => this.#lesson.show(view)),
    });
    this.#files = new Files(host, shell, worker, this);
    const on = (id: string, act: () => Promise<void>) => {
      this.#button(id).addEventListener("click", () => void this.#lesson.attempt(act));
    };
    on("start", () => (this.#lesson.state === "gone" ? this.#reopen() : this.#lesson.toggle()));
    on("step", () => this.#step());
    on("reset", () => this.#reset());
  }

  get picture(): OpenedPicture | null {
    return this.#sheet.picture;
  }

  get classes(): readonly PaintedClass[] {
    return this.#sheet.painted.classes;
  }

  /** Offers what the last visit left, where it did; beside that the first sample can be painted on. */
  async begin(): Promise<void> {
    const kept = await readKept().catch(() => null);
    if (kept && kept.strokes.length > 0) await this.#offerKept(kept);
    await this.#files.openFirst();
  }

  /** Opens a file that was dropped or pasted. */
  take(file: File): Promise<void> {
    return this.#files.open(file);
  }

  /** The picture under its overlay, as a PNG file. */
  overlayPng(): Promise<Blob | null> {
    return this.#sheet.overlayPng();
  }

  /** Puts another picture on the easel, or a network beside it; what was painted is kept, and offered. */
  async open(opening: Opening): Promise<void> {
    this.#sheet.finish();
    const painting = this.#painting;
    if (painting && painting.strokes.length > 0 && !this.#offer.isOpen) {
      await this.keep();
      await this.#offerKept(painting);
    }
    await this.#open(opening);
  }

  compiling(part: number): void {
    if (this.#lesson.state === "opening") this.#progress.say("Getting ready: compiling. You can paint already.", part);
  }

  /** The GPU went away, and learning waits for another. */
  lost(): void {
    this.#progress.lost();
    this.#showState();
  }

  learned(row: Row, part: number): void {
    // One that was under way when another picture was opened comes too late.
    if (!this.#lesson.isReady) return;
    this.#progress.learned(row, part);
    this.#progress.show(this.#lesson.state);
  }

  looked(overlay: ImageBitmap): void {
    // One that was under way when the strokes were taken back, or another network was opened, comes too late.
    if (this.#sheet.answers.size < 2 || !this.#lesson.isReady) return;
    this.#sheet.setOverlay(overlay);
    this.#files.allowMasks(true);
  }

  /** The network was kept for the next visit; or was not, for a reason. */
  networkKept(reason: string | null): void {
    this.#keeper.tell("network", reason);
  }

  /** Keeps everything for the next visit, but in place of what is offered. */
  async keep(): Promise<void> {
    if (!this.#offer.isOpen) await Promise.all([this.#keeper.now(), this.#worker.keep()]);
  }

  /** Something else comes to learn. */
  rest(): void {
    this.#lesson.rest();
  }

  /** Goes on where it was interrupted. */
  wake(): Promise<void> {
    return this.#lesson.wake();
  }

  /** Does what a key stands for that was pressed anywhere on the tab; false where it stands for nothing. */
  onKey(event: KeyboardEvent): boolean {
    return this.#sheet.onKey(event);
  }

  async #open(opening: Opening): Promise<void> {
    const { picture, classes, strokes = [], known = [], network = null, waits = false } = opening;
    const { image, scaledFrom } = picture;
    this.#shell.notice(null);
    this.#id = opening.id ?? crypto.randomUUID();
    this.#progress.clear();
    const from = scaledFrom ? `, made smaller from ${scaledFrom.width} × ${scaledFrom.height}` : "";
    find(this.#host, "#segment-size", HTMLElement).textContent =
      `${picture.name}: ${image.width} × ${image.height} pixels${from}`;
    this.#files.onPicture(picture);
    this.#sheet.open(picture, { classes, strokes, known });
    this.#waits = waits;
    const opened = this.#openLesson(picture, network);
    if (waits) this.#lesson.rest();
    // Not before: the lesson of the picture before would take these labels for its own.
    void this.#tell();
    this.#onChange();
    await opened;
  }

  #onState(state: LessonState): void {
    if (state === "learning") {
      this.#waits = false;
      this.#onBegin();
    }
    this.#showState();
  }

  /** Something is learned: another painting than the one on offer is begun. */
  #onBegin(): void {
    if (!this.#offer.isOpen) return;
    this.#offer.close();
    this.#keeper.soon();
  }

  async #offerKept(painting: KeptPainting): Promise<void> {
    this.#offer.open(painting, await this.#worker.keptSteps(painting.id).catch(() => 0));
  }

  async #discard(): Promise<void> {
    await Promise.all([forgetPainting(), this.#worker.forget()]);
    this.#keeper.soon();
  }

  /** Tells what the strokes leave. */
  #tell(): Promise<void> {
    return this.#lesson.tell(this.#sheet.labels, this.#sheet.painted.known);
  }

  /** What is painted has changed: it is shown, and kept for the next visit. */
  #onChange(): void {
    if (this.#sheet.answers.size < 2) {
      this.#sheet.setOverlay(null);
      this.#files.allowMasks(false);
    }
    this.#showState();
    this.#keeper.soon();
  }

  /** What is on the easel, as it is kept. */
  get #painting(): KeptPainting | null {
    const { picture, painted } = this.#sheet;
    return picture && { id: this.#id, picture, ...painted };
  }

  async #step(): Promise<void> {
    this.#onBegin();
    await this.#worker.step("painting");
    this.#showState();
  }

  /** Begins anew with the same strokes. A network that has learned is kept and offered until this one is told to learn. */
  async #reset(): Promise<void> {
    this.#sheet.finish();
    const { picture, painted } = this.#sheet;
    if (!picture) return;
    const { classes, strokes } = painted;
    const waits = this.#progress.hasLearned;
    const opening = { picture, classes, strokes, waits };
    if (waits) await this.open(opening);
    else await this.#open(opening);
  }

  /** Goes on with what was kept of the network, when the GPU was gone. */
  async #reopen(): Promise<void> {
    const { picture } = this.#sheet;
    if (!picture) return;
    this.#shell.notice(null);
    // Steps that are not kept are made again.
    this.#progress.clear();
    await this.#openLesson(picture, "kept");
  }

  async #openLesson({ name, image }: OpenedPicture, network: Uint8Array | "kept" | null): Promise<void> {
    const { width, height } = image;
    this.#progress.say("Getting ready. You can paint already.", 0);
    const picture = { name, painting: this.#id, width, height, pixels: rgbOf(image) };
    await this.#lesson.open(picture, network, this.#sheet.view);
  }

  #showState(): void {
    const { state, isReady } = this.#lesson;
    const canLearn = isReady && this.#sheet.learnable.size > 1;
    const start = this.#button("start");
    const begin = this.#progress.hasLearned ? "Continue" : "Start";
    start.textContent = state === "learning" ? "Pause" : state === "gone" ? "Try again" : begin;
    start.disabled = state !== "gone" && !canLearn;
    this.#button("step").disabled = state === "learning" || !canLearn;
    this.#button("reset").disabled = state === "opening";
    this.#files.allowNetworks(isReady);
    this.#progress.showHint(this.classes, this.#sheet.answers, canLearn && this.#waits);
    this.#progress.show(state);
  }

  #button(name: string): HTMLButtonElement {
    return find(this.#host, `#segment-${name}`, HTMLButtonElement);
  }
}
