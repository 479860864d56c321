import { find } from "./elements.ts";

/** Shows what went wrong above the panels, until the next notice or until it is closed; null takes it away. */
export function showNotice(error: unknown): void {
  const box = find(document, "#notice", HTMLDivElement);
  box.hidden = error === null;
  find(box, "p", HTMLParagraphElement).textContent =
    error === null ? "" : error instanceof Error ? error.message : String(error);
  if (error !== null) box.scrollIntoView({ block: "nearest" });
}
