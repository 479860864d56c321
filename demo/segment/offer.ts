import { find, showCount } from "../shell/elements.ts";
import type { KeptPainting } from "./keeping.ts";

export interface OfferListener {
  onResume(painting: KeptPainting): void;
  onDiscard(): void;
}

/** Offers to go on with a painting that was kept; as long as it does, no other should be kept in its place. */
export class Offer {
  readonly #host: HTMLElement;
  #painting: KeptPainting | null = null;

  constructor(host: HTMLElement, { onResume, onDiscard }: OfferListener) {
    this.#host = host;
    find(host, "#segment-resume", HTMLButtonElement).addEventListener("click", () => {
      const painting = this.#painting;
      this.close();
      if (painting) onResume(painting);
    });
    find(host, "#segment-discard", HTMLButtonElement).addEventListener("click", () => {
      this.close();
      onDiscard();
    });
  }

  get isOpen(): boolean {
    return this.#painting !== null;
  }

  /** Offers a painting whose network was kept after so many steps; 0 where none was. */
  open(painting: KeptPainting, steps: number): void {
    this.#painting = painting;
    const { picture, strokes } = painting;
    const count = `${strokes.length} ${strokes.length === 1 ? "stroke" : "strokes"}`;
    const learned = steps > 0 ? `, learned in ${showCount(steps)} ${steps === 1 ? "step" : "steps"}` : "";
    find(this.#host, "#segment-kept", HTMLElement).textContent =
      `Your painting was kept: ${count} on ${picture.name}${learned}.`;
    this.#box.hidden = false;
  }

  close(): void {
    this.#painting = null;
    this.#box.hidden = true;
  }

  get #box(): HTMLElement {
    return find(this.#host, "#segment-offer", HTMLElement);
  }
}
