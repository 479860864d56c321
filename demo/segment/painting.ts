import type * as Comlink from "comlink";
import { unlabelled } from "../../src/data/scribbleDataset.ts";
import { find } from "../shell/elements.ts";
import type { Shell } from "../shell/shell.ts";
import { Easel } from "./easel.ts";
import { Files } from "./files.ts";
import { keepPainting, keepPicture, type PaintedClass } from "./keeping.ts";
import type { Row } from "./learner.ts";
import type { Checkpoint } from "./paintingSession.ts";
import { Palette } from "./palette.ts";
import { type OpenedPicture, rgbOf } from "./pictures.ts";
import { type LearningState, ProgressPanel } from "./progressPanel.ts";
import { labelsOf, paint, type Stroke, StrokeHistory } from "./strokes.ts";
import { Tools } from "./tools.ts";
import type { SegmentWorker } from "./worker.ts";

/** A picture, what was painted on it, and what was learned. */
export interface Opening {
  readonly picture: OpenedPicture;
  readonly classes: readonly PaintedClass[];
  readonly strokes?: readonly Stroke[];
  /** Default: a network that has learned nothing. */
  readonly network?: Checkpoint | "kept";
}

/** Strokes are kept this long after the last change. */
const keepAfterMs = 500;

/** The page's side of learning from strokes: what a person paints, and what the worker makes of it. */
export class Painting {
  readonly #host: HTMLElement;
  readonly #shell: Shell;
  readonly #worker: Comlink.Remote<SegmentWorker>;
  readonly #easel: Easel;
  readonly #palette: Palette;
  readonly #tools: Tools;
  readonly #files: Files;
  readonly #progress: ProgressPanel;
  readonly #history = new StrokeHistory();
  #picture: OpenedPicture | null = null;
  /** [height, width]: what the strokes leave. */
  #labels = new Uint8Array(0);
  #state: LearningState = "opening";
  /** Whether it is to learn as soon as it can. */
  #wantsLearning = true;
  /** Whether the worker is being told of the labels, and is to be told again. */
  #telling = { busy: false, again: false };
  #keepTimer = 0;

  constructor(host: HTMLElement, shell: Shell, worker: Comlink.Remote<SegmentWorker>) {
    this.#host = host;
    this.#shell = shell;
    this.#worker = worker;
    this.#progress = new ProgressPanel(host);
    this.#easel = new Easel(host, {
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
      onView: () => this.#attempt(() => this.#showView()),
    });
    this.#files = new Files(host, shell, worker, this);
    const on = (id: string, act: () => Promise<void>) => {
      this.#button(id).addEventListener("click", () => this.#attempt(act));
    };
    on("undo", async () => this.#undo());
    on("redo", async () => this.#redo());
    on("clear", async () => this.#setStrokes([]));
    on("start", () => this.#toggle());
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
  async open({ picture, classes, strokes = [], network }: Opening): Promise<void> {
    const { image, scaledFrom, name } = picture;
    const { width, height } = image;
    this.#shell.notice(null);
    this.#setState("opening");
    this.#picture = picture;
    this.#wantsLearning = true;
    this.#progress.clear();
    this.#progress.say("Getting ready. You can paint already.", 0);
    const from = scaledFrom ? `, made smaller from ${scaledFrom.width} × ${scaledFrom.height}` : "";
    find(this.#host, "#segment-size", HTMLElement).textContent = `${width} × ${height} pixels${from}`;
    this.#easel.setPicture(image);
    this.#palette.open(classes);
    this.#tools.setRadius(Math.max(3, Math.round(Math.max(width, height) / 80)));
    this.#setStrokes(strokes);
    await this.#attempt(async () => {
      await this.#worker.openPicture({ name, width, height, pixels: rgbOf(image) }, network ?? null);
      this.#setState("waiting");
      await this.#showView();
      void this.#tell();
      await keepPicture(picture);
    });
  }

  compiling(part: number): void {
    if (this.#state === "opening") this.#progress.say("Getting ready: compiling. You can paint already.", part);
  }

  learned(row: Row, part: number): void {
    this.#progress.learned(row, part);
    this.#progress.show(this.#state);
  }

  looked(overlay: ImageBitmap): void {
    // One that was under way when the strokes were taken back comes too late.
    if (this.#history.labels.size === 1) return;
    this.#easel.setOverlay(overlay);
    this.#files.allowMasks(true);
  }

  /** Something else learns now; this goes on when it is asked to. */
  rest(): void {
    this.#wantsLearning = false;
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
    void this.#tell();
  }

  #onStroke(stroke: Stroke): void {
    this.#files.hideOffer();
    this.#history.add(stroke);
    this.#onStrokes();
  }

  #undo(): void {
    this.#history.undo();
    this.#onStrokes();
  }

  #redo(): void {
    this.#history.redo();
    this.#onStrokes();
  }

  #setStrokes(strokes: readonly Stroke[]): void {
    this.#history.reset(strokes);
    this.#onStrokes();
  }

  /** The strokes are others than before. */
  #onStrokes(): void {
    const { strokes, labels } = this.#history;
    this.#labels = labelsOf(strokes, this.#picture?.image ?? { width: 0, height: 0 });
    this.#easel.setStrokes(strokes);
    if (labels.size < 2) {
      this.#easel.setOverlay(null);
      this.#files.allowMasks(false);
    }
    this.#onClasses();
    void this.#tell();
  }

  #onClasses(): void {
    this.#showState();
    clearTimeout(this.#keepTimer);
    this.#keepTimer = window.setTimeout(() => this.#attempt(() => this.#keep()), keepAfterMs);
  }

  /** Keeps the painting for the next visit; that of the last one stays as long as it is offered. */
  async #keep(): Promise<void> {
    const { strokes } = this.#history;
    if (!this.#picture || this.#files.isOffering) return;
    await keepPainting({ name: this.#picture.name, classes: this.classes, strokes });
  }

  /** Tells the worker of the labels, and lets it learn; while it listens, further calls become one. */
  async #tell(): Promise<void> {
    if (this.#state === "opening" || this.#state === "failed") return;
    this.#telling.again = true;
    if (this.#telling.busy) return;
    this.#telling.busy = true;
    await this.#attempt(async () => {
      while (this.#telling.again) {
        this.#telling.again = false;
        await this.#worker.relabel(this.#labels);
      }
    });
    this.#telling.busy = false;
    if (this.#wantsLearning) await this.#attempt(() => this.#learn());
  }

  /** Lets the worker learn where it does not yet, and there are classes to tell apart. */
  async #learn(): Promise<void> {
    const painted = new Set(this.#labels);
    painted.delete(unlabelled);
    const isFree = this.#state === "waiting" || this.#state === "paused" || this.#state === "settled";
    if (!isFree || painted.size < 2) return;
    this.#setState("learning");
    const settled = await this.#worker.train("painting");
    if (this.#state !== "learning") return;
    this.#setState(settled ? "settled" : this.#wantsLearning ? "waiting" : "paused");
  }

  async #toggle(): Promise<void> {
    this.#wantsLearning = this.#state !== "learning";
    // Labels that are told again are new ones: what has settled goes on.
    if (this.#wantsLearning) await this.#tell();
    else await this.#worker.pause();
  }

  async #reset(): Promise<void> {
    if (!this.#picture) return;
    await this.open({ picture: this.#picture, classes: this.classes, strokes: this.#history.strokes });
  }

  async #showView(): Promise<void> {
    if (this.#state !== "opening" && this.#state !== "failed") await this.#worker.show(this.#tools.view);
  }

  /** Does something; where it fails, the page says why, and a reset begins anew. */
  async #attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#shell.notice(error);
      this.#setState("failed");
    }
  }

  #setState(state: LearningState): void {
    this.#state = state;
    this.#showState();
  }

  #showState(): void {
    const state = this.#state;
    const { labels, canUndo, canRedo } = this.#history;
    const isReady = state !== "opening" && state !== "failed";
    const start = this.#button("start");
    start.textContent = state === "learning" ? "Pause" : this.#progress.hasLearned ? "Continue" : "Start";
    start.disabled = !isReady || labels.size < 2;
    this.#button("step").disabled = state === "learning" || start.disabled;
    this.#button("reset").disabled = state === "opening";
    this.#button("undo").disabled = !canUndo;
    this.#button("redo").disabled = !canRedo;
    this.#button("clear").disabled = !canUndo;
    this.#files.allowNetworks(isReady);
    this.#showHint();
    if (state !== "opening") this.#progress.show(state);
  }

  /** Says what to do first, until it is done. */
  #showHint(): void {
    const { labels } = this.#history;
    const next = this.classes.find(({ label }) => !labels.has(label));
    const hints = [
      `Paint a stroke of “${next?.name}” where you see it …`,
      `… and one of “${next?.name}”: then it learns, and paints the rest.`,
    ];
    find(this.#host, "#segment-hint", HTMLElement).textContent = hints[labels.size] ?? "";
  }

  #button(name: string): HTMLButtonElement {
    return find(this.#host, `#segment-${name}`, HTMLButtonElement);
  }
}
