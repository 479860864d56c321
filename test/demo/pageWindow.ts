import type * as Comlink from "comlink";
import { afterAll, afterEach, beforeAll, vi } from "vitest";
import { forgetPainting } from "../../demo/segment/keeping.ts";
import { Painting } from "../../demo/segment/painting.ts";
import markup from "../../demo/segment/segment.html?raw";
import { classesIn } from "../../demo/segment/strokes.ts";
import type { SegmentWorker } from "../../demo/segment/worker.ts";
import { find } from "../../demo/shell/elements.ts";

/** Hears what a worker is told, and learns nothing. */
class Listener {
  labels = new Uint8Array(0);
  known: readonly number[] = [];
  /** How often the network was kept. */
  keeps = 0;
  /** Those that pictures were opened with. */
  readonly networks: unknown[] = [];
  /** What opening a picture waits for. */
  opening = Promise.resolve();
  pause = async () => {};

  train(): Promise<boolean> {
    return new Promise((done) => {
      this.pause = async () => done(false);
    });
  }

  async relabel(labels: Uint8Array<ArrayBuffer>, known: readonly number[]): Promise<void> {
    this.labels = labels.slice();
    this.known = known;
  }

  async openPicture(_: unknown, network: unknown): Promise<void> {
    this.networks.push(network);
    await this.pause();
    await this.opening;
  }

  async show(): Promise<void> {}
  async step(): Promise<void> {}
  async keep(): Promise<void> {
    this.keeps++;
  }

  async forget(): Promise<void> {}

  async keptSteps(): Promise<number> {
    return 7;
  }
}

type Point = readonly [x: number, y: number];

/** A window of the page, with the side of the tab that paints. */
export class PageWindow {
  static readonly #opened: PageWindow[] = [];
  readonly host = document.createElement("div");
  readonly worker = new Listener();
  readonly notices: unknown[] = [];
  readonly painting: Painting;
  readonly #surface: HTMLCanvasElement;

  private constructor() {
    this.host.innerHTML = markup;
    document.body.append(this.host);
    this.#surface = find(this.host, "#segment-strokes", HTMLCanvasElement);
    const notice = (error: unknown) => {
      if (error !== null) this.notices.push(error);
    };
    const worker = this.worker as unknown as Comlink.Remote<SegmentWorker>;
    this.painting = new Painting(this.host, { notice, networks: () => [] }, worker);
  }

  static async open(): Promise<PageWindow> {
    const opened = new PageWindow();
    PageWindow.#opened.push(opened);
    await opened.painting.begin();
    return opened;
  }

  /** Closes all windows, none of which keeps anything later. */
  static async closeAll(): Promise<void> {
    for (const { painting, host } of PageWindow.#opened.splice(0)) {
      await painting.keep();
      host.remove();
    }
  }

  pointer(type: "down" | "move" | "up", [x, y]: Point, finger = 1): void {
    const box = this.#surface.getBoundingClientRect();
    const at = { clientX: box.left + x * this.#scale, clientY: box.top + y * this.#scale };
    const pointed = { pointerId: finger, isPrimary: finger === 1, pointerType: "touch" };
    this.#surface.dispatchEvent(new PointerEvent(`pointer${type}`, { ...at, ...pointed }));
  }

  /** Chooses the class at a place of the list, from 1, and paints a stroke to the right. */
  paint(place: number, [x, y]: Point): void {
    this.press(`${place}`);
    this.pointer("down", [x, y]);
    this.pointer("move", [x + 20, y]);
    this.pointer("up", [x + 20, y]);
  }

  press(key: string, modifiers: KeyboardEventInit = {}): void {
    this.painting.onKey(new KeyboardEvent("keydown", { key, ...modifiers }));
  }

  /** Lets the worker open no picture until what is returned is called. */
  closeGate(): () => void {
    let open = () => {};
    this.worker.opening = new Promise((done) => {
      open = done;
    });
    return open;
  }

  /** Presses a key on the picture. */
  type(key: string, repeat = false): void {
    this.#surface.dispatchEvent(new KeyboardEvent("keydown", { key, repeat }));
  }

  click(selector: string): void {
    find(this.host, selector, HTMLElement).click();
  }

  text(id: string): string {
    return find(this.host, `#segment-${id}`, HTMLElement).textContent ?? "";
  }

  /** Whether a button can be pressed. */
  can(id: string): boolean {
    return !find(this.host, `#segment-${id}`, HTMLButtonElement).disabled;
  }

  get isOffering(): boolean {
    return !find(this.host, "#segment-offer", HTMLElement).hidden;
  }

  get isErasing(): boolean {
    return find(this.host, "#segment-eraser", HTMLElement).ariaPressed === "true";
  }

  get names(): string[] {
    return [...this.host.querySelectorAll<HTMLInputElement>('#segment-classes input[type="text"]')].map(
      ({ value }) => value,
    );
  }

  /** The labels that the worker was told of, those of no class aside. */
  get painted(): number[] {
    return [...classesIn(this.worker.labels)].toSorted();
  }

  labelAt([x, y]: Point): number {
    return this.worker.labels[y * find(this.host, "#segment-picture", HTMLCanvasElement).width + x] ?? Number.NaN;
  }

  /** Whether a stroke is drawn at a place. */
  shows([x, y]: Point): boolean {
    const scale = this.#scale * (this.#surface.width / this.#surface.clientWidth);
    return (this.#surface.getContext("2d")?.getImageData(x * scale, y * scale, 1, 1).data[3] ?? 0) > 0;
  }

  get #scale(): number {
    return this.#surface.clientWidth / find(this.host, "#segment-picture", HTMLCanvasElement).width;
  }
}

/** Lets the tests of a file open windows, which are closed after each, with nothing kept. */
export function useWindows(): void {
  beforeAll(() => {
    // Pointers that are none cannot be captured.
    vi.spyOn(Element.prototype, "setPointerCapture").mockImplementation(() => {});
  });
  afterEach(async () => {
    await PageWindow.closeAll();
    await forgetPainting();
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });
}

/** Longer than the worker is told. */
export const soon = () => new Promise((done) => setTimeout(done, 20));

/** A picture of one colour as a file. */
export async function file(name: string, width: number, height: number): Promise<File> {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")?.fillRect(0, 0, width, height);
  return new File([await canvas.convertToBlob({ type: "image/png" })], name, { type: "image/png" });
}
