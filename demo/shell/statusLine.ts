import { find } from "./elements.ts";

/** What goes on, in words and as a bar; a screen reader hears of it apart, and less often. */
export class StatusLine {
  readonly #shown: HTMLElement;
  readonly #spoken: HTMLElement;
  readonly #bar: HTMLProgressElement | null;

  /** @param name of its elements in the markup, `#NAME-status`, `#NAME-spoken` and, where there is one, `#NAME-bar` */
  constructor(host: HTMLElement, name: string) {
    this.#shown = find(host, `#${name}-status`, HTMLElement);
    this.#spoken = find(host, `#${name}-spoken`, HTMLElement);
    this.#bar = host.querySelector<HTMLProgressElement>(`progress#${name}-bar`);
  }

  /**
   * @param part how much of it is done; absent where nobody knows
   * @param spoken what a screen reader says: numbers that change all the time would leave it no rest
   */
  say(text: string, part?: number, spoken = text): void {
    this.#shown.textContent = text;
    if (this.#spoken.textContent !== spoken) this.#spoken.textContent = spoken;
    if (part === undefined) this.#bar?.removeAttribute("value");
    else if (this.#bar) this.#bar.value = Math.min(1, Math.max(0, part));
  }
}
