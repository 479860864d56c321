import type { LabelledImages } from "../src/data/labelledImages.ts";
import type { Model } from "../src/nn/model.ts";
import { takeFirst, toCanvas } from "./data.ts";
import { element, make } from "./elements.ts";

/** Test digits that are judged for the gallery, and those that are shown. */
const judged = 320;
const shown = 48;
/** Of those shown, at most so many are wrong ones. */
const shownWrong = 32;

/** Row = label, column = answer; blue on the diagonal, the errors in orange. */
export function showConfusion(confusion: readonly (readonly number[])[] | null): void {
  const table = element("confusion", HTMLTableElement);
  table.hidden = confusion === null;
  element("confusionHint", HTMLParagraphElement).hidden = confusion !== null;
  if (!confusion) return;
  const head = make("tr");
  head.append(make("th"), ...confusion.map((_, digit) => make("th", `${digit}`)));
  const rows = confusion.map((row, label) => {
    const total = Math.max(
      1,
      row.reduce((sum, count) => sum + count, 0),
    );
    const line = make("tr");
    line.append(
      make("th", `${label}`),
      ...row.map((count, answer) => confusionCell(count, count / total, label === answer)),
    );
    return line;
  });
  table.replaceChildren(make("caption", "rows: the digit, columns: the answer"), head, ...rows);
}

function confusionCell(count: number, part: number, right: boolean): HTMLTableCellElement {
  // Errors are rare: their colour grows with the root, or none could be seen.
  const strength = right ? part : Math.min(1, 2.2 * Math.sqrt(part));
  const cell = make("td", count > 0 ? `${count}` : "", strength > 0.7 ? "strong" : "");
  cell.style.setProperty("--hue", right ? "var(--accent)" : "var(--wrong)");
  cell.style.setProperty("--part", strength.toFixed(3));
  return cell;
}

/** Shows some test digits with the model's answers, those that are wrong first. */
export async function showGallery(model: Model, test: LabelledImages, batchSize: number): Promise<void> {
  const set = takeFirst(test, judged);
  const logits = await model.predict(toCanvas(set.images, set.height, set.width), { batchSize });
  const answers = Array.from({ length: set.count }, (_, i) => {
    const row = logits.subarray((i * logits.length) / set.count, ((i + 1) * logits.length) / set.count);
    return row.indexOf(Math.max(...row));
  });
  const isWrong = (i: number) => answers[i] !== set.labels[i];
  const indices = answers.map((_, i) => i);
  const wrong = indices.filter(isWrong);
  const picked = [...wrong.slice(0, shownWrong), ...indices.filter((i) => !isWrong(i))].slice(0, shown);
  const hint = wrong.length === 0 ? "All" : `${set.count - wrong.length}`;
  element("galleryHint", HTMLParagraphElement).textContent =
    `${hint} of the first ${set.count} test digits are read right${wrong.length > 0 ? "; the wrong ones come first, as digit → answer" : ""}.`;
  element("gallery", HTMLOListElement).replaceChildren(
    ...picked.map((i) => galleryItem(set, i, answers[i] ?? 0, isWrong(i))),
  );
}

function galleryItem(set: LabelledImages, i: number, answer: number, wrong: boolean): HTMLLIElement {
  const { width, height, images, labels } = set;
  const canvas = make("canvas");
  Object.assign(canvas, { width, height });
  const pixels = new ImageData(width, height);
  images.subarray(i * width * height, (i + 1) * width * height).forEach((ink, at) => {
    pixels.data.set([255, 255, 255, ink], 4 * at);
  });
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  const item = make("li", "", wrong ? "wrong" : "");
  item.append(canvas, make("span", wrong ? `${labels[i]} → ${answer}` : `${answer}`));
  return item;
}
