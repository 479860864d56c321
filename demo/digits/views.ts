import { find, make, showPixels } from "../shell/elements.ts";
import type { LayerView, Look } from "./look.ts";

/** Empty pixels between two pictures of a mosaic. */
const gap = 1;

/** The network's answer to an image, and what its layers make of it. */
export class Views {
  readonly #answer: HTMLOutputElement;
  readonly #bars: readonly HTMLLIElement[];
  readonly #seen: HTMLElement;
  readonly #views: HTMLElement;
  readonly #mosaics = new Map<string, Mosaic>();

  constructor(host: HTMLElement) {
    this.#answer = find(host, "#digits-answer", HTMLOutputElement);
    this.#seen = find(host, "#digits-seen", HTMLElement);
    this.#views = find(host, "#digits-views", HTMLElement);
    this.#bars = Array.from({ length: 10 }, (_, digit) => {
      const item = make("li");
      item.append(make("span", `${digit}`), make("span", "", "bar"), make("span", "", "percent"));
      return item;
    });
    find(host, "#digits-bars", HTMLOListElement).append(...this.#bars);
  }

  /** Shows a look; `isDrawn` says whether at the person's own drawing, whose answer is shown, too. */
  show({ probabilities, filters, maps }: Look, isDrawn: boolean): void {
    this.#showAnswer(isDrawn ? probabilities : null);
    this.#seen.textContent = isDrawn ? "of the digit on the pad" : "of a test digit, until you draw one";
    const views: [string, LayerView][] = [
      [`${filters.count} kernels of ${filters.height}×${filters.width}`, filters],
      ...maps.map((map): [string, LayerView] => [`${map.name}: ${map.count} maps of ${map.height}×${map.width}`, map]),
    ];
    for (const [label, view] of views) {
      const known = this.#mosaics.get(view.name);
      if (known?.fits(view)) known.show(view);
      else this.#mosaics.set(view.name, new Mosaic(this.#views, label, view, known ?? null));
    }
  }

  #showAnswer(probabilities: readonly number[] | null): void {
    const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
    this.#answer.textContent = best < 0 ? "?" : `${best}`;
    this.#bars.forEach((item, digit) => {
      const part = probabilities?.[digit] ?? 0;
      item.style.setProperty("--part", `${part}`);
      item.classList.toggle("best", digit === best);
      const percent = item.querySelector(".percent");
      if (percent) percent.textContent = probabilities ? `${Math.round(100 * part)} %` : "";
    });
  }
}

/** The channels of a layer side by side in one picture, from their darkest value to their brightest. */
class Mosaic {
  readonly #canvas = make("canvas");
  readonly #shape: string;
  readonly #columns: number;

  /** Takes the place of another, or comes last. */
  constructor(host: HTMLElement, label: string, view: LayerView, before: Mosaic | null) {
    const { height, width, count } = view;
    this.#shape = shapeOf(view);
    this.#columns = columnsOf(count);
    this.#canvas.width = this.#columns * (width + gap) - gap;
    this.#canvas.height = Math.ceil(count / this.#columns) * (height + gap) - gap;
    this.#canvas.role = "img";
    this.#canvas.ariaLabel = label;
    const figure = make("figure");
    figure.append(make("h3", label), this.#canvas);
    const old = before ? before.#canvas.parentElement : null;
    if (old) old.replaceWith(figure);
    else host.append(figure);
    this.show(view);
  }

  fits(view: LayerView): boolean {
    return this.#shape === shapeOf(view);
  }

  show({ height, width, count, values }: LayerView): void {
    const pixels = new ImageData(this.#canvas.width, this.#canvas.height);
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
    const scale = 255 / Math.max(1e-12, high - low);
    for (let channel = 0; channel < count; channel++) {
      const left = (channel % this.#columns) * (width + gap);
      const top = Math.floor(channel / this.#columns) * (height + gap);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const light = ((values[(y * width + x) * count + channel] ?? low) - low) * scale;
          pixels.data.set([light, light, light, 255], 4 * ((top + y) * pixels.width + left + x));
        }
      }
    }
    showPixels(this.#canvas, pixels);
  }
}

function shapeOf({ height, width, count }: LayerView): string {
  return `${height}x${width}x${count}`;
}

/** Rows that are three times as long as high, about. */
function columnsOf(count: number): number {
  return count <= 8 ? count : 2 ** Math.ceil(Math.log2(Math.sqrt(3 * count)));
}
