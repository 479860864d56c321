import { find } from "./elements.ts";

/** What was shown last: the page is scrolled to each notice once. */
let last = "";

/** Shows what went wrong above the panels, until the next notice or until it is closed; null takes it away. */
export function showNotice(error: unknown): void {
  const box = find(document, "#notice", HTMLDivElement);
  const text = error === null ? "" : error instanceof Error ? error.message : String(error);
  box.hidden = error === null;
  find(box, "p", HTMLParagraphElement).textContent = text;
  if (error === null || text === last) return;
  last = text;
  box.scrollIntoView({ block: "nearest" });
}
