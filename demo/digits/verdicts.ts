import { find, make, showCount, showPixels } from "../shell/elements.ts";
import type { Verdict } from "./verdict.ts";

/** How the network does on test images: the confusion matrix, and those that it reads wrong. */
export class Verdicts {
  readonly #table: HTMLTableElement;
  readonly #judged: HTMLElement;
  readonly #wrong: HTMLElement;
  readonly #mistakes: HTMLElement;

  constructor(host: HTMLElement) {
    this.#table = find(host, "#digits-confusion", HTMLTableElement);
    this.#judged = find(host, "#digits-judged", HTMLElement);
    this.#wrong = find(host, "#digits-wrong", HTMLElement);
    this.#mistakes = find(host, "#digits-mistakes", HTMLElement);
  }

  show(verdict: Verdict): void {
    this.#judged.textContent = `${showCount(verdict.count)} test digits; rows: digit, columns: answer`;
    this.#wrong.textContent =
      verdict.wrong === 0 ? "none" : `${showCount(verdict.wrong)} of ${showCount(verdict.count)}, the surest first`;
    this.#table.replaceChildren(...matrix(verdict.confusion));
    this.#mistakes.replaceChildren(...verdict.mistakes.map((_, i) => mistakeItem(verdict, i)));
  }
}

/** The accent on the diagonal, the colour of errors elsewhere. */
function matrix(confusion: readonly (readonly number[])[]): HTMLElement[] {
  const head = make("tr");
  const corner = make("th");
  corner.append(make("span", "digit", "unseen"));
  head.append(corner, ...confusion.map((_, answer) => heading(answer, "col")));
  const rows = confusion.map((row, label) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const line = make("tr");
    line.append(
      heading(label, "row"),
      ...row.map((count, answer) => cell(count, count / (total || 1), label === answer)),
    );
    return line;
  });
  return [head, ...rows];
}

function heading(digit: number, scope: "row" | "col"): HTMLTableCellElement {
  const made = make("th", `${digit}`);
  made.scope = scope;
  return made;
}

function cell(count: number, part: number, isRight: boolean): HTMLTableCellElement {
  // Errors are rare: their colour grows with the root, or none could be seen.
  const strength = isRight ? part : Math.sqrt(part);
  const made = make("td", count > 0 ? `${count}` : "", isRight ? "right" : "");
  made.style.setProperty("--part", strength.toFixed(2));
  return made;
}

function mistakeItem({ mistakes, pictures, height, width }: Verdict, i: number): HTMLLIElement {
  const { label = 0, answer = 0, certainty = 0 } = mistakes[i] ?? {};
  const canvas = make("canvas");
  Object.assign(canvas, { width, height });
  const pixels = new ImageData(width, height);
  pictures.subarray(i * width * height, (i + 1) * width * height).forEach((ink, at) => {
    pixels.data.set([255, 255, 255, ink], 4 * at);
  });
  showPixels(canvas, pixels);
  const item = make("li");
  item.title = `a ${label}, read as ${answer} with ${Math.round(100 * certainty)} %`;
  item.append(canvas, make("span", `${label} → ${answer}`));
  return item;
}
