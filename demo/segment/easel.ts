import { unlabelled } from "../../src/data/scribbleDataset.ts";
import { find, showPixels } from "../shell/elements.ts";
import type { History } from "./history.ts";
import type { Stroke } from "./strokes.ts";
import { classColours } from "./views.ts";

/** Of the canvas of strokes; on a picture that is shown enlarged, the screen has more. */
const mostPixels = 2 ** 22;
const longestSide = 8192;

export interface Brush {
  /** The class that it paints; `unlabelled` erases. */
  readonly label: number;
  /** In pixels of the picture. */
  readonly radius: number;
}

export interface EaselListener {
  /** A stroke grew: points from the `from`-th on are new. */
  onPaint(stroke: Stroke, from: number): void;
  onStroke(stroke: Stroke): void;
  /** The stroke in hand is none: the finger that painted it is one of two that pinch. */
  onTakeBack(): void;
}

/** The picture on the screen, the overlay over it, and strokes by mouse, pen, finger or keyboard over both. */
export class Easel {
  readonly #stage: HTMLElement;
  readonly #picture: HTMLCanvasElement;
  /** What lies over the picture. */
  readonly overlay: HTMLCanvasElement;
  readonly #overlayContext: ImageBitmapRenderingContext;
  readonly #surface: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #ring: HTMLElement;
  readonly #listener: EaselListener;
  readonly #history: History;
  #brush: Brush = { label: 0, radius: 4 };
  /** The stroke in hand, and the pointer that paints it; null for the keyboard. */
  #stroke: Stroke | null = null;
  #pointer: number | null = null;
  /** Where the brush of the keyboard is, in pixels of the picture. */
  #caret = { x: 0, y: 0 };

  /** Shows the strokes of a history, and tells of new ones, which are to be added to it. */
  constructor(host: HTMLElement, history: History, listener: EaselListener) {
    this.#history = history;
    this.#listener = listener;
    this.#stage = find(host, "#segment-stage", HTMLElement);
    this.#picture = find(host, "#segment-picture", HTMLCanvasElement);
    this.#surface = find(host, "#segment-strokes", HTMLCanvasElement);
    this.#ring = find(host, "#segment-brush-ring", HTMLElement);
    this.overlay = find(host, "#segment-overlay", HTMLCanvasElement);
    const overlayContext = this.overlay.getContext("bitmaprenderer");
    const context = this.#surface.getContext("2d");
    if (!overlayContext || !context) throw new Error("this browser draws on no canvas");
    this.#overlayContext = overlayContext;
    this.#context = context;
    const surface = this.#surface;
    surface.addEventListener("pointerdown", (event) => this.#onDown(event));
    surface.addEventListener("pointermove", (event) => this.#onMove(event));
    for (const end of ["pointerup", "pointercancel"] as const) {
      surface.addEventListener(end, ({ pointerId }) => {
        if (pointerId === this.#pointer) this.finish();
      });
    }
    surface.addEventListener("pointerleave", () => {
      if (!this.#stroke) this.#ring.hidden = true;
    });
    surface.addEventListener("keydown", (event) => this.#onKey(event));
    surface.addEventListener("blur", () => {
      this.finish();
      this.#ring.hidden = true;
    });
    new ResizeObserver(() => this.#resize()).observe(this.#stage);
    // With the GPU's process it loses what is on it.
    surface.addEventListener("contextrestored", () => this.redraw());
  }

  set brush(brush: Brush) {
    // A stroke has one class: the next one begins with the new brush.
    this.finish();
    this.#brush = brush;
    if (!this.#ring.hidden) this.#showRing(this.#caret.x, this.#caret.y);
  }

  setPicture(image: ImageData): void {
    this.#picture.width = image.width;
    this.#picture.height = image.height;
    showPixels(this.#picture, image);
    this.#caret = { x: image.width / 2, y: image.height / 2 };
    this.setOverlay(null);
  }

  setOverlay(bitmap: ImageBitmap | null): void {
    this.#overlayContext.transferFromImageBitmap(bitmap);
  }

  /** Draws the strokes anew: the history was taken back, or is another one. */
  redraw(): void {
    this.#context.reset();
    for (const stroke of this.#history.now.strokes) this.#draw(stroke);
    if (this.#stroke) this.#draw(this.#stroke);
  }

  /** Ends the stroke in hand. */
  finish(): void {
    const stroke = this.#stroke;
    this.#stroke = null;
    this.#pointer = null;
    if (!stroke) return;
    this.#listener.onStroke(stroke);
    // Drawn piece by piece its edges are not quite those that it has when it is drawn at once.
    this.redraw();
  }

  #onDown(event: PointerEvent): void {
    // The eraser at the end of a pen is button 5.
    if (event.button !== 0 && event.button !== 5) return;
    // A stroke has one pointer. A second finger pinches, and so does the first one then.
    if (!event.isPrimary && this.#pointer !== null) this.#listener.onTakeBack();
    if (!event.isPrimary || this.#pointer !== null) return;
    this.#surface.setPointerCapture(event.pointerId);
    const { x, y } = this.#place(event);
    this.#begin(x, y, event.button === 5 ? unlabelled : this.#brush.label);
    this.#pointer = event.pointerId;
    this.#showRing(x, y);
  }

  #onMove(event: PointerEvent): void {
    const at = this.#place(event);
    // A finger hides what is under it: a ring there would be of no use.
    if (event.pointerType !== "touch") this.#showRing(at.x, at.y);
    if (event.pointerId !== this.#pointer) return;
    // A fast pen reports several places at once.
    const parts = event.getCoalescedEvents?.() ?? [];
    this.#extend((parts.length > 0 ? parts : [event]).map((part) => this.#place(part)));
  }

  #onKey(event: KeyboardEvent): void {
    const moves: Partial<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const move = moves[event.key];
    if (!move && event.key !== " ") return;
    event.preventDefault();
    // Space that is held down is pressed once.
    if (!move && event.repeat) return;
    const pace = Math.max(1, this.#brush.radius);
    const x = Math.min(this.#picture.width, Math.max(0, this.#caret.x + pace * (move?.[0] ?? 0)));
    const y = Math.min(this.#picture.height, Math.max(0, this.#caret.y + pace * (move?.[1] ?? 0)));
    if (move && this.#stroke) this.#extend([{ x, y }]);
    if (!move && this.#stroke) this.finish();
    else if (!move) this.#begin(x, y, this.#brush.label);
    this.#showRing(x, y);
    // In a window that is smaller than the picture, it follows the brush.
    this.#ring.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #begin(x: number, y: number, label: number): void {
    this.finish();
    this.#stroke = { label, radius: this.#brush.radius, points: [x, y] };
    this.#draw(this.#stroke);
    this.#listener.onPaint(this.#stroke, 0);
  }

  #extend(places: readonly { readonly x: number; readonly y: number }[]): void {
    const stroke = this.#stroke;
    if (!stroke) return;
    const from = stroke.points.length / 2;
    for (const { x, y } of places) stroke.points.push(x, y);
    this.#draw(stroke, from);
    this.#listener.onPaint(stroke, from);
  }

  /** From the screen to pixels of the picture. */
  #place({ clientX, clientY }: PointerEvent): { x: number; y: number } {
    const box = this.#surface.getBoundingClientRect();
    return {
      x: ((clientX - box.left) * this.#picture.width) / box.width,
      y: ((clientY - box.top) * this.#picture.height) / box.height,
    };
  }

  #showRing(x: number, y: number): void {
    this.#caret = { x, y };
    const scale = this.#surface.clientWidth / this.#picture.width;
    const diameter = Math.max(4, 2 * this.#brush.radius * scale);
    const { style } = this.#ring;
    style.width = `${diameter}px`;
    style.height = `${diameter}px`;
    style.transform = `translate(${x * scale - diameter / 2}px, ${y * scale - diameter / 2}px)`;
    this.#ring.hidden = false;
  }

  /** As many pixels as the screen has, or as a canvas can do. */
  #resize(): void {
    const { clientWidth, clientHeight } = this.#stage;
    if (clientWidth * clientHeight === 0) return;
    const density = Math.min(
      devicePixelRatio,
      longestSide / Math.max(clientWidth, clientHeight),
      Math.sqrt(mostPixels / (clientWidth * clientHeight)),
    );
    const [width = 0, height = 0] = [clientWidth, clientHeight].map((side) => Math.max(1, Math.round(side * density)));
    if (width === this.#surface.width && height === this.#surface.height) return;
    this.#surface.width = width;
    this.#surface.height = height;
    this.redraw();
    if (!this.#ring.hidden) this.#showRing(this.#caret.x, this.#caret.y);
  }

  /** Draws a stroke from its `from`-th point on. */
  #draw({ label, radius, points }: Stroke, from = 0): void {
    const context = this.#context;
    const scale = this.#surface.width / this.#picture.width;
    const first = 2 * Math.max(0, from - 1);
    context.globalCompositeOperation = label === unlabelled ? "destination-out" : "source-over";
    context.strokeStyle = `rgb(${(classColours[label] ?? [0, 0, 0]).join(" ")})`;
    Object.assign(context, { lineCap: "round", lineJoin: "round", lineWidth: 2 * radius * scale });
    context.beginPath();
    context.moveTo((points[first] ?? 0) * scale, (points[first + 1] ?? 0) * scale);
    // A line of hardly any length is a dot, by its round ends; one of none is not drawn.
    context.lineTo((points[first] ?? 0) * scale + 0.01, (points[first + 1] ?? 0) * scale);
    for (let i = first; i < points.length; i += 2) {
      context.lineTo((points[i] ?? 0) * scale, (points[i + 1] ?? 0) * scale);
    }
    context.stroke();
  }
}
