import { element } from "./elements.ts";

/** Shows what went wrong above the page's cards; null takes it away. */
export function showNotice(error: unknown): void {
  const box = element("notice", HTMLParagraphElement);
  box.hidden = error === null;
  box.textContent = error === null ? "" : error instanceof Error ? error.message : String(error);
  if (error !== null) box.scrollIntoView({ block: "nearest", behavior: "smooth" });
}
