import { find } from "../shell/elements.ts";
import type { Sides } from "./strokes.ts";

/** A picture whose shorter side is shown with fewer CSS pixels than this is not one to paint on. */
const leastSide = 128;

/** How large the picture is shown: whole, or so many times as large, in a window that scrolls. */
export class Zoom {
  readonly #window: HTMLElement;
  readonly #stage: HTMLElement;
  readonly #choice: HTMLSelectElement;

  constructor(host: HTMLElement) {
    this.#window = find(host, "#segment-window", HTMLElement);
    this.#stage = find(host, "#segment-stage", HTMLElement);
    this.#choice = find(host, "#segment-zoom", HTMLSelectElement);
    this.#choice.addEventListener("change", () => this.#apply());
  }

  /** Shows another picture: whole, unless it is so wide or so tall that it would be hard to hit. */
  fit({ width, height }: Sides): void {
    this.#stage.style.setProperty("--aspect", `${width / height}`);
    this.#choose(0);
    const shown = Math.min(this.#stage.clientWidth, this.#stage.clientHeight);
    const factors = [...this.#choice.options].map(({ value }) => Number(value));
    const enough = factors.findIndex((factor) => shown * factor >= leastSide);
    // What is on no screen has no size.
    if (shown > 0) this.#choose(enough < 0 ? factors.length - 1 : enough);
  }

  /** One choice further in or out. */
  turn(direction: 1 | -1): void {
    this.#choose(Math.min(this.#choice.length - 1, Math.max(0, this.#choice.selectedIndex + direction)));
  }

  #choose(index: number): void {
    this.#choice.selectedIndex = index;
    this.#apply();
  }

  /** What is in the middle of the window stays there. */
  #apply(): void {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.#window;
    const middle = [
      (scrollLeft + clientWidth / 2) / this.#stage.clientWidth,
      (scrollTop + clientHeight / 2) / this.#stage.clientHeight,
    ] as const;
    this.#stage.style.setProperty("--zoom", this.#choice.value);
    this.#window.classList.toggle("zoomed", this.#choice.selectedIndex > 0);
    this.#window.scrollLeft = middle[0] * this.#stage.clientWidth - this.#window.clientWidth / 2;
    this.#window.scrollTop = middle[1] * this.#stage.clientHeight - this.#window.clientHeight / 2;
  }
}
