/** The element below `host` that a selector names, of the class expected. @throws Error where the markup has none */
export function find<T extends Element>(host: ParentNode, selector: string, kind: new () => T): T {
  const found = host.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`the markup has no ${kind.name} at ${selector}`);
}

/** A new element with its text and classes. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text = "",
  className = "",
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

const shownPixels = new WeakMap<HTMLCanvasElement, ImageData>();

/** Shows a picture on a canvas of its size; again where the canvas loses it, as it does with the GPU's process. */
export function showPixels(canvas: HTMLCanvasElement, pixels: ImageData): void {
  const show = () => canvas.getContext("2d")?.putImageData(shownPixels.get(canvas) ?? pixels, 0, 0);
  if (!shownPixels.has(canvas)) canvas.addEventListener("contextrestored", show);
  shownPixels.set(canvas, pixels);
  show();
}

/** Hands bytes to the person as a file. */
export function download(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser reads the address after the click is over.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Hears of the files that a person chooses with a field; the same ones may be chosen again. */
export function onFiles(field: HTMLInputElement, act: (files: readonly File[]) => unknown): void {
  field.addEventListener("change", () => {
    const files = [...(field.files ?? [])];
    field.value = "";
    if (files.length > 0) void act(files);
  });
}

/** Whether a file is a network by its name, in capitals or not. */
export function isNetworkFile({ name }: File): boolean {
  return /\.safetensors$/i.test(name);
}

/** 0.98304 -> `"98.30 %"` */
export function showPercent(part: number): string {
  return `${(100 * part).toFixed(2)} %`;
}

/** 83 -> `"1:23"` */
export function showTime(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${`${whole % 60}`.padStart(2, "0")}`;
}

/** 12345 -> `"12,345"` */
export function showCount(count: number): string {
  return Math.round(count).toLocaleString("en");
}
