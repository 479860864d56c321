import { unlabelled } from "../../src/data/scribbleDataset.ts";
import { find } from "../shell/elements.ts";
import type { Brush } from "./easel.ts";
import type { Palette } from "./palette.ts";
import type { View, ViewKind } from "./views.ts";
import type { Zoom } from "./zoom.ts";

export interface ToolsListener {
  onBrush(brush: Brush): void;
  onView(view: View): void;
}

/** The brush and the overlay: what they are set to, by their fields and by keys; keys for palette and zoom, too. */
export class Tools {
  readonly #palette: Palette;
  readonly #zoom: Zoom;
  readonly #listener: ToolsListener;
  readonly #radius: HTMLInputElement;
  readonly #eraser: HTMLButtonElement;
  readonly #view: HTMLSelectElement;
  readonly #opacity: HTMLInputElement;
  readonly #visible: HTMLInputElement;
  #isErasing = false;

  constructor(host: HTMLElement, palette: Palette, zoom: Zoom, listener: ToolsListener) {
    this.#palette = palette;
    this.#zoom = zoom;
    this.#listener = listener;
    this.#radius = find(host, "#segment-brush", HTMLInputElement);
    this.#eraser = find(host, "#segment-eraser", HTMLButtonElement);
    this.#view = find(host, "#segment-view", HTMLSelectElement);
    this.#opacity = find(host, "#segment-opacity", HTMLInputElement);
    this.#visible = find(host, "#segment-visible", HTMLInputElement);
    const overlay = find(host, "#segment-overlay", HTMLCanvasElement);
    this.#radius.addEventListener("input", () => listener.onBrush(this.brush));
    this.#eraser.addEventListener("click", () => this.#erase(!this.#isErasing));
    this.#view.addEventListener("change", () => listener.onView(this.view));
    this.#opacity.addEventListener("input", () => {
      overlay.style.setProperty("--overlay-opacity", this.#opacity.value);
    });
    this.#visible.addEventListener("change", () => {
      overlay.hidden = !this.#visible.checked;
    });
  }

  get brush(): Brush {
    return { label: this.#isErasing ? unlabelled : this.#palette.chosen, radius: this.#radius.valueAsNumber };
  }

  get view(): View {
    return { kind: this.#view.value as ViewKind, label: this.#palette.chosen };
  }

  get opacity(): number {
    return this.#opacity.valueAsNumber;
  }

  /** A class was chosen: it is painted, and seen where one class is. */
  onChoose(): void {
    this.#erase(false);
    if (this.view.kind === "probability") this.#listener.onView(this.view);
  }

  setRadius(radius: number): void {
    this.#radius.valueAsNumber = radius;
    this.#listener.onBrush(this.brush);
  }

  /** Does what a key without a modifier stands for; false where it stands for nothing. */
  onKey(key: string): boolean {
    // With Shift or Caps Lock it is the same key.
    const letter = key.toLowerCase();
    const place = ["1", "2", "3", "4", "5", "6"].indexOf(key);
    if (place >= 0) this.#palette.choose(place);
    else if (letter === "e") this.#erase(!this.#isErasing);
    else if (key === "[") this.setRadius(this.#radius.valueAsNumber * 0.8);
    else if (key === "]") this.setRadius(this.#radius.valueAsNumber * 1.25);
    else if (key === "+" || key === "=") this.#zoom.turn(1);
    else if (key === "-") this.#zoom.turn(-1);
    else if (letter === "h") this.#visible.click();
    else return false;
    return true;
  }

  #erase(isErasing: boolean): void {
    this.#isErasing = isErasing;
    this.#eraser.ariaPressed = `${isErasing}`;
    this.#listener.onBrush(this.brush);
  }
}
