import { find } from "../shell/elements.ts";

/** Of the pen, in pixels of the pad. */
const penWidth = 22;

/** Ink on paper: [height, width], u8, 255 where the pen was. */
export interface Drawing {
  readonly ink: Uint8Array<ArrayBuffer>;
  readonly height: number;
  readonly width: number;
}

/** A box to draw a digit in, with mouse, pen or finger. */
export class Pad {
  readonly #canvas: HTMLCanvasElement;
  readonly #clear: HTMLButtonElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #onChange: () => void;
  /** What is drawn; null where nothing is. */
  #pixels: ImageData | null = null;

  constructor(host: HTMLElement, onChange: () => void) {
    this.#canvas = find(host, "#digits-pad", HTMLCanvasElement);
    this.#clear = find(host, "#digits-clear", HTMLButtonElement);
    this.#onChange = onChange;
    const context = this.#canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("this browser draws on no canvas");
    this.#context = context;
    this.#prepare();
    // With the GPU's process it loses pen and drawing.
    this.#canvas.addEventListener("contextrestored", () => {
      this.#prepare();
      if (this.#pixels) context.putImageData(this.#pixels, 0, 0);
    });
    this.#clear.addEventListener("click", () => this.clear());
    this.#canvas.addEventListener("keydown", (event) => {
      if (event.key === "Delete" || event.key === "Backspace" || event.key === "Escape") this.clear();
    });
    this.#canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    this.#canvas.addEventListener("pointermove", (event) => this.#draw(event));
  }

  /** Null where nothing is drawn. */
  get drawing(): Drawing | null {
    if (!this.#pixels) return null;
    const { data, width, height } = this.#pixels;
    // The pen is opaque on nothing: its opacity is the ink.
    const ink = Uint8Array.from({ length: width * height }, (_, i) => data[4 * i + 3] ?? 0);
    return { ink, height, width };
  }

  /** Puts a picture on the pad, in place of what is there: [height, width], u8, 255 = full ink. */
  show({ ink, height, width }: Drawing): void {
    const small = new OffscreenCanvas(width, height);
    const pixels = new ImageData(width, height);
    ink.forEach((opacity, i) => {
      pixels.data.set([255, 255, 255, opacity], 4 * i);
    });
    small.getContext("2d")?.putImageData(pixels, 0, 0);
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#context.drawImage(small, 0, 0, this.#canvas.width, this.#canvas.height);
    this.#changed();
  }

  clear(): void {
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#pixels = null;
    this.#clear.disabled = true;
    this.#onChange();
  }

  #prepare(): void {
    const pen = { lineWidth: penWidth, lineCap: "round", lineJoin: "round", strokeStyle: "#fff", fillStyle: "#fff" };
    Object.assign(this.#context, pen);
  }

  #begin(event: PointerEvent): void {
    // A line has one pointer: with a second finger's it would jump to and fro.
    if (event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    this.#canvas.focus({ preventScroll: true });
    this.#canvas.setPointerCapture(event.pointerId);
    const [x, y] = this.#place(event);
    // A stroke of no length leaves no ink, but a pen that touches the paper does.
    this.#context.beginPath();
    this.#context.arc(x, y, penWidth / 2, 0, 2 * Math.PI);
    this.#context.fill();
    this.#context.beginPath();
    this.#context.moveTo(x, y);
    this.#draw(event);
  }

  #draw(event: PointerEvent): void {
    if (!this.#canvas.hasPointerCapture(event.pointerId)) return;
    // A fast pen reports several places at once.
    for (const part of event.getCoalescedEvents?.() ?? []) this.#context.lineTo(...this.#place(part));
    this.#context.lineTo(...this.#place(event));
    this.#context.stroke();
    this.#changed();
  }

  #changed(): void {
    this.#pixels = this.#context.getImageData(0, 0, this.#canvas.width, this.#canvas.height);
    this.#clear.disabled = false;
    this.#onChange();
  }

  /** From the page to the canvas, whose pixels may be shown larger or smaller. */
  #place({ clientX, clientY }: PointerEvent): [number, number] {
    const box = this.#canvas.getBoundingClientRect();
    return [
      ((clientX - box.left) * this.#canvas.width) / box.width,
      ((clientY - box.top) * this.#canvas.height) / box.height,
    ];
  }
}
