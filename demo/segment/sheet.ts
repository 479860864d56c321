import { find } from "../shell/elements.ts";
import { Easel } from "./easel.ts";
import { History, type Painted } from "./history.ts";
import { Palette } from "./palette.ts";
import { type OpenedPicture, overlayPng } from "./pictures.ts";
import { classesIn, labelsOf, paint, type Stroke } from "./strokes.ts";
import { Tools } from "./tools.ts";
import type { View } from "./views.ts";
import { Zoom } from "./zoom.ts";

export interface SheetListener {
  /** What the strokes leave has changed, with each piece of one. */
  onPaint(): void;
  /** Strokes or classes have changed. */
  onChange(): void;
  onView(view: View): void;
}

/** The picture on the easel and what is painted on it, by pointer, keys and buttons; every change can be taken back. */
export class Sheet {
  readonly #host: HTMLElement;
  readonly #listener: SheetListener;
  readonly #easel: Easel;
  readonly #palette: Palette;
  readonly #zoom: Zoom;
  readonly #tools: Tools;
  readonly #history = new History();
  #picture: OpenedPicture | null = null;
  /** [height, width]: what the strokes leave. */
  #labels = new Uint8Array(0);

  constructor(host: HTMLElement, listener: SheetListener) {
    this.#host = host;
    this.#listener = listener;
    this.#easel = new Easel(host, this.#history, {
      onPaint: (stroke, from) => this.#onPaint(stroke, from),
      onStroke: (stroke) => this.#onStroke(stroke),
      onTakeBack: () => this.#undo(),
    });
    this.#palette = new Palette(host, {
      onChoose: () => this.#tools.onChoose(),
      onChange: (classes) => this.#change(() => this.#history.change({ classes })),
      onRemove: (label) => this.#remove(label),
    });
    this.#zoom = new Zoom(host);
    this.#tools = new Tools(host, this.#palette, this.#zoom, {
      onBrush: (brush) => {
        this.#easel.brush = brush;
      },
      onView: (view) => listener.onView(view),
    });
    this.#button("undo").addEventListener("click", () => this.#undo());
    this.#button("redo").addEventListener("click", () => this.#redo());
    this.#button("clear").addEventListener("click", () => this.#change(() => this.#history.change({ strokes: [] })));
  }

  /** Null before the first. */
  get picture(): OpenedPicture | null {
    return this.#picture;
  }

  get painted(): Painted {
    return this.#history.now;
  }

  get labels(): Uint8Array<ArrayBuffer> {
    return this.#labels;
  }

  /** Classes that can be learned. */
  get learnable(): Set<number> {
    return classesIn(this.#labels);
  }

  /** Classes that a pixel may be: those that are painted, and those that the network knew before. */
  get answers(): Set<number> {
    return new Set([...this.learnable, ...this.painted.known]);
  }

  get view(): View {
    return this.#tools.view;
  }

  /** Puts a picture on the easel, and what was painted on it. */
  open(picture: OpenedPicture, painted: Painted): void {
    const { image } = picture;
    const { width, height } = image;
    this.#picture = picture;
    this.#easel.setPicture(image);
    this.#zoom.fit(image);
    this.#palette.open(painted.classes);
    const radius = Math.max(3, Math.round(Math.max(width, height) / 80));
    this.#tools.setRadius(Math.min(radius, Math.min(width, height) / 8));
    this.#history.reset(painted);
    this.#repaint();
    this.#showButtons();
  }

  /** Ends the stroke in hand. */
  finish(): void {
    this.#easel.finish();
  }

  setOverlay(bitmap: ImageBitmap | null): void {
    this.#easel.setOverlay(bitmap);
  }

  /** The picture under its overlay, as a PNG file; null where there is none. */
  async overlayPng(): Promise<Blob | null> {
    return this.#picture && overlayPng(this.#picture, this.#easel.overlay, this.#tools.opacity);
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
    this.#listener.onPaint();
  }

  #onStroke(stroke: Stroke): void {
    this.#history.change({ strokes: [...this.painted.strokes, stroke] });
    this.#onChange();
  }

  #undo(): void {
    this.#change(() => this.#history.undo());
  }

  #redo(): void {
    this.#change(() => this.#history.redo());
  }

  /** A class goes with its strokes, and with what a network from a file knows of it. */
  #remove(removed: number): void {
    this.#change(() => {
      const { classes, strokes, known } = this.painted;
      this.#history.change({
        classes: classes.filter(({ label }) => label !== removed),
        strokes: strokes.filter(({ label }) => label !== removed),
        known: known.filter((label) => label !== removed),
      });
    });
  }

  /** Changes what is painted, the stroke in hand with it. */
  #change(change: () => void): void {
    this.#easel.finish();
    const { strokes } = this.painted;
    change();
    this.#palette.show(this.painted.classes);
    if (this.painted.strokes !== strokes) {
      this.#repaint();
      this.#listener.onPaint();
    }
    this.#onChange();
  }

  /** Paints all strokes anew, where more has changed than one that was added. */
  #repaint(): void {
    this.#labels = labelsOf(this.painted.strokes, this.#picture?.image ?? { width: 0, height: 0 });
    this.#easel.redraw();
  }

  #onChange(): void {
    this.#showButtons();
    this.#listener.onChange();
  }

  #showButtons(): void {
    this.#button("undo").disabled = !this.#history.canUndo;
    this.#button("redo").disabled = !this.#history.canRedo;
    this.#button("clear").disabled = this.painted.strokes.length === 0;
  }

  #button(name: string): HTMLButtonElement {
    return find(this.#host, `#segment-${name}`, HTMLButtonElement);
  }
}
