import { prepareDrawing } from "../src/data/drawing.ts";
import type { Model } from "../src/nn/model.ts";
import { toCanvas } from "./data.ts";
import { element, make } from "./elements.ts";

const penWidth = 22;
const side = 28;

/** A box to draw a digit in. What the model makes of it is shown with every stroke. */
export class SketchPad {
  readonly #canvas = element("pad", HTMLCanvasElement);
  readonly #clear = element("clear", HTMLButtonElement);
  readonly #answer = element("answer", HTMLOutputElement);
  readonly #hint = element("padHint", HTMLParagraphElement);
  readonly #bars: readonly HTMLSpanElement[];
  readonly #context: CanvasRenderingContext2D;
  readonly #onError: (error: unknown) => void;
  #model: Model | null = null;
  #drawn = false;
  #asking = false;
  #askAgain = false;

  constructor(onError: (error: unknown) => void) {
    const context = this.#canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("this browser draws on no canvas");
    Object.assign(context, {
      lineWidth: penWidth,
      lineCap: "round",
      lineJoin: "round",
      strokeStyle: "#fff",
      fillStyle: "#fff",
    });
    this.#context = context;
    this.#onError = onError;
    this.#bars = Array.from({ length: 10 }, (_, digit) => {
      const item = make("li", `${digit}`);
      const bar = make("span");
      item.append(bar);
      element("bars", HTMLOListElement).append(item);
      return bar;
    });
    this.#clear.addEventListener("click", () => this.clear());
    this.#canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    this.#canvas.addEventListener("pointermove", (event) => this.#draw(event));
  }

  /** The model that answers from now on; null while there is none. */
  setModel(model: Model | null): void {
    this.#model = model;
    this.#hint.textContent = model
      ? "Large and in the middle works best."
      : "Train first: even a part of an epoch will do.";
    if (model) this.classify();
    else this.#show(null);
  }

  clear(): void {
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#drawn = false;
    this.#clear.disabled = true;
    this.#show(null);
  }

  #begin(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
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
    this.#drawn = true;
    this.#clear.disabled = false;
    this.classify();
  }

  /** Asks the model about the drawing; while it answers, further calls become one. */
  classify(): void {
    this.#askAgain = true;
    if (!this.#asking) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    try {
      while (this.#askAgain && this.#model && this.#drawn) {
        this.#askAgain = false;
        const logits = await this.#model.predict(toCanvas(this.#pixels(), side, side), { batchSize: 1 });
        if (this.#drawn) this.#show(softmax(logits));
      }
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#asking = false;
    }
  }

  #pixels(): Uint8Array {
    const { width, height } = this.#canvas;
    const { data } = this.#context.getImageData(0, 0, width, height);
    // The pen is opaque on nothing: its opacity is the ink.
    const ink = Uint8Array.from({ length: width * height }, (_, i) => data[4 * i + 3] ?? 0);
    return prepareDrawing(ink, width, height, side);
  }

  #show(probabilities: readonly number[] | null): void {
    const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
    this.#answer.textContent = best < 0 ? "?" : `${best}`;
    this.#bars.forEach((bar, digit) => {
      bar.style.setProperty("--part", `${probabilities?.[digit] ?? 0}`);
    });
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

function softmax(logits: Float32Array): number[] {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
