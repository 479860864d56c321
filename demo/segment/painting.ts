import type * as Comlink from "comlink";
import { find } from "../shell/elements.ts";
import type { Shell } from "../shell/shell.ts";
import { Easel } from "./easel.ts";
import { Files } from "./files.ts";
import { keepPainting, keepPicture, type PaintedClass } from "./keeping.ts";
import type { Row } from "./learner.ts";
import { Lesson } from "./lesson.ts";
import type { Checkpoint } from "./paintingSession.ts";
import { Palette } from "./palette.ts";
import { type OpenedPicture, rgbOf } from "./pictures.ts";
import { ProgressPanel } from "./progressPanel.ts";
import { labelsOf, paint, type Stroke, StrokeHistory } from "./strokes.ts";
import { Tools } from "./tools.ts";
import type { SegmentWorker } from "./worker.ts";

/** A picture, what was painted on it, and what was learned. */
export interface Opening {
  readonly picture: OpenedPicture;
  readonly classes: readonly PaintedClass[];
  readonly strokes?: readonly Stroke[];
  /** Default: null, one that has learned nothing. */
  readonly network?: Checkpoint | "kept" | null;
  /** Name of the painting, by which it is kept. Default: a new one. */
  readonly id?: string;
}

/** Strokes are kept this long after the last change. */
const keepAfterMs = 500;

/** The page's side of learning from strokes: what a person paints, and what is made of it. */
export class Painting {
  readonly #host: HTMLElement;
  readonly #shell: Shell;
  readonly #worker: Comlink.Remote<SegmentWorker>;
  readonly #easel: Easel;
  readonly #palette: Palette;
  readonly #tools: Tools;
  readonly #files: Files;
  readonly #lesson: Lesson;
  readonly #progress: ProgressPanel;
  readonly #history = new StrokeHistory();
  #picture: OpenedPicture | null = null;
  #id = "";
  /** The picture that was kept last. */
  #keptPicture: OpenedPicture | null = null;
  /** [height, width]: what the strokes leave. */
  #labels = new Uint8Array(0);
  /** Whether the network came from a file, and has answers before a stroke. */
  #isSchooled = false;
  #keepTimer = 0;

  constructor(host: HTMLElement, shell: Shell, worker: Comlink.Remote<SegmentWorker>) {
    this.#host = host;
    this.#shell = shell;
    this.#worker = worker;
    this.#progress = new ProgressPanel(host);
    this.#lesson = new Lesson(worker, { onState: () => this.#showState(), onError: shell.notice });
    this.#easel = new Easel(host, this.#history, {
      onPaint: (stroke, from) => this.#onPaint(stroke, from),
      onStroke: (stroke) => this.#onStroke(stroke),
    });
    this.#palette = new Palette(host, {
      onChoose: () => this.#tools.onChoose(),
      onRename: () => this.#onClasses(),
      onRemove: (label) => this.#setStrokes(this.#history.strokes.filter((stroke) => stroke.label !== label)),
    });
    this.#tools = new Tools(host, this.#palette, {
      onBrush: (brush) => {
        this.#easel.brush = brush;
      },
      onView: (view) => void this.#lesson.attempt(() => this.#lesson.show(view)),
    });
    this.#files = new Files(host, shell, worker, this);
    const on = (id: string, act: () => Promise<void>) => {
      this.#button(id).addEventListener("click", () => void this.#lesson.attempt(act));
    };
    on("undo", async () => this.#undo());
    on("redo", async () => this.#redo());
    on("clear", async () => this.#setStrokes([]));
    on("start", () => (this.#lesson.state === "gone" ? this.#reopen() : this.#lesson.toggle()));
    on("step", () => worker.step("painting"));
    on("reset", () => this.#reset());
  }

  get picture(): OpenedPicture | null {
    return this.#picture;
  }

  get classes(): readonly PaintedClass[] {
    return this.#palette.classes;
  }

  /** Opens the first picture. */
  begin(): Promise<void> {
    return this.#files.begin();
  }

  /** Opens a file that was dropped or pasted. */
  take(file: File): Promise<void> {
    return this.#files.open(file);
  }

  /** The picture under its overlay, as a PNG file. */
  overlayPng(): Promise<Blob> {
    return this.#easel.toPng(this.#tools.opacity);
  }

  /** Puts a picture on the easel, and a network beside it. */
  async open(opening: Opening): Promise<void> {
    const { picture, classes, strokes = [], network = null, id = crypto.randomUUID() } = opening;
    const { image, scaledFrom } = picture;
    const { width, height } = image;
    this.#shell.notice(null);
    this.#picture = picture;
    this.#id = id;
    this.#isSchooled = network !== null && network !== "kept";
    this.#progress.clear();
    const from = scaledFrom ? `, made smaller from ${scaledFrom.width} × ${scaledFrom.height}` : "";
    find(this.#host, "#segment-size", HTMLElement).textContent = `${width} × ${height} pixels${from}`;
    this.#easel.setPicture(image);
    this.#files.allowMasks(false);
    this.#palette.open(classes);
    this.#tools.setRadius(Math.max(3, Math.round(Math.max(width, height) / 80)));
    const opened = this.#openLesson(picture, network);
    this.#setStrokes(strokes);
    await opened;
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
    this.#progress.learned(row, part);
    this.#progress.show(this.#lesson.state);
  }

  looked(overlay: ImageBitmap): void {
    // One that was under way when the strokes were taken back, or another network was opened, comes too late.
    if (!this.#hasAnswers || !this.#lesson.isReady) return;
    this.#easel.setOverlay(overlay);
    this.#files.allowMasks(true);
  }

  /** Keeps everything for the next visit. */
  async keep(): Promise<void> {
    clearTimeout(this.#keepTimer);
    await Promise.all([this.#keep(), this.#worker.keep()]);
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
  onKey({ key, ctrlKey, metaKey, shiftKey, altKey }: KeyboardEvent): boolean {
    if (altKey) return false;
    if (!ctrlKey && !metaKey) return this.#tools.onKey(key);
    const letter = key.toLowerCase();
    const redoes = letter === "y" || (letter === "z" && shiftKey);
    if (redoes) this.#redo();
    else if (letter === "z") this.#undo();
    return redoes || letter === "z";
  }

  #onPaint(stroke: Stroke, from: number): void {
    if (this.#picture) paint(this.#labels, this.#picture.image, stroke, from);
    void this.#lesson.tell(this.#labels);
  }

  #onStroke(stroke: Stroke): void {
    this.#files.hideOffer();
    this.#history.add(stroke);
    this.#onStrokes();
  }

  #undo(): void {
    this.#history.undo();
    this.#repaint();
  }

  #redo(): void {
    this.#history.redo();
    this.#repaint();
  }

  #setStrokes(strokes: readonly Stroke[]): void {
    this.#history.reset(strokes);
    this.#repaint();
  }

  /** Paints all strokes anew, where more has changed than one that was added. */
  #repaint(): void {
    this.#labels = labelsOf(this.#history.strokes, this.#picture?.image ?? { width: 0, height: 0 });
    this.#easel.redraw();
    this.#onStrokes();
  }

  /** The strokes are others than before. */
  #onStrokes(): void {
    if (!this.#hasAnswers) {
      this.#easel.setOverlay(null);
      this.#files.allowMasks(false);
    }
    this.#onClasses();
    void this.#lesson.tell(this.#labels);
  }

  /** Strokes or classes have changed: they are shown, and kept for the next visit. */
  #onClasses(): void {
    this.#showState();
    clearTimeout(this.#keepTimer);
    this.#keepTimer = window.setTimeout(() => this.#keep().catch(this.#shell.notice), keepAfterMs);
  }

  /** Keeps the painting for the next visit; that of the last one stays as long as it is offered. */
  async #keep(): Promise<void> {
    const { strokes } = this.#history;
    const picture = this.#picture;
    if (!picture || this.#files.isOffering) return;
    if (picture !== this.#keptPicture) await keepPicture(picture);
    this.#keptPicture = picture;
    await keepPainting({ id: this.#id, name: picture.name, classes: this.classes, strokes });
  }

  async #reset(): Promise<void> {
    if (!this.#picture) return;
    await this.open({ picture: this.#picture, classes: this.classes, strokes: this.#history.strokes });
  }

  /** Goes on with what was kept of the network, when the GPU was gone. */
  async #reopen(): Promise<void> {
    if (!this.#picture) return;
    this.#shell.notice(null);
    await this.#openLesson(this.#picture, "kept");
  }

  async #openLesson({ name, image }: OpenedPicture, network: Checkpoint | "kept" | null): Promise<void> {
    const { width, height } = image;
    this.#progress.say("Getting ready. You can paint already.", 0);
    const picture = { name, painting: this.#id, width, height, pixels: rgbOf(image) };
    await this.#lesson.open(picture, network, this.#tools.view);
  }

  #showState(): void {
    const { state, isReady } = this.#lesson;
    const { labels, canUndo, canRedo } = this.#history;
    const start = this.#button("start");
    const begin = this.#progress.hasLearned ? "Continue" : "Start";
    start.textContent = state === "learning" ? "Pause" : state === "gone" ? "Try again" : begin;
    start.disabled = state !== "gone" && (!isReady || labels.size < 2);
    this.#button("step").disabled = state === "learning" || !isReady || labels.size < 2;
    this.#button("reset").disabled = state === "opening";
    this.#button("undo").disabled = !canUndo;
    this.#button("redo").disabled = !canRedo;
    this.#button("clear").disabled = !canUndo;
    this.#files.allowNetworks(isReady);
    this.#progress.showHint(this.classes, labels);
    this.#progress.show(state);
  }

  /** Whether there are classes to tell apart. */
  get #hasAnswers(): boolean {
    return this.#isSchooled || this.#history.labels.size > 1;
  }

  #button(name: string): HTMLButtonElement {
    return find(this.#host, `#segment-${name}`, HTMLButtonElement);
  }
}
