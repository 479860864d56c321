import type * as Comlink from "comlink";
import { FormatError } from "../../src/core/errors.ts";
import { encodeIndexedPng } from "../../src/data/indexedPng.ts";
import type { Colour } from "../../src/data/maskImage.ts";
import { openSafetensors } from "../../src/io/safetensors.ts";
import { download, find, showCount } from "../shell/elements.ts";
import type { Shell } from "../shell/shell.ts";
import { forgetPainting, type KeptPainting, type PaintedClass, parseClasses, readKept } from "./keeping.ts";
import type { Opening } from "./painting.ts";
import { type OpenedPicture, readPicture, samples } from "./pictures.ts";
import { classColours } from "./views.ts";
import type { SegmentWorker } from "./worker.ts";

/** Of a picture of which nobody has said what is on it. */
const firstClasses: readonly PaintedClass[] = [
  { label: 0, name: "Class 1" },
  { label: 1, name: "Class 2" },
];

/** What files are opened into, and saved from. */
interface Easel {
  readonly picture: OpenedPicture | null;
  readonly classes: readonly PaintedClass[];
  open(opening: Opening): Promise<void>;
  overlayPng(): Promise<Blob>;
}

/** Pictures and networks in, masks and networks out, and what the last visit left. */
export class Files {
  readonly #host: HTMLElement;
  readonly #shell: Shell;
  readonly #worker: Comlink.Remote<SegmentWorker>;
  readonly #easel: Easel;
  #kept: { readonly picture: OpenedPicture; readonly painting: KeptPainting } | null = null;

  constructor(host: HTMLElement, shell: Shell, worker: Comlink.Remote<SegmentWorker>, easel: Easel) {
    this.#host = host;
    this.#shell = shell;
    this.#worker = worker;
    this.#easel = easel;
    this.#onFile("open", (file) => this.open(file));
    this.#onFile("open-network", (file) => this.open(file));
    this.#onClick("save-mask", () => this.#saveMask());
    this.#onClick("save-overlay", async () => download(this.#name("overlay.png"), await easel.overlayPng()));
    this.#onClick("save-network", () => this.#saveNetwork());
    this.#onClick("resume", () => this.#resume());
    this.#onClick("discard", async () => {
      this.hideOffer();
      await Promise.all([forgetPainting(), worker.forget()]);
    });
    const select = find(host, "#segment-sample", HTMLSelectElement);
    select.append(...Object.keys(samples).map((name) => new Option(name)), new Option("Picture of your own", ""));
    select.addEventListener("change", () => void this.#openSample(select.value));
  }

  /** Whether what the last visit left is still to be decided on. */
  get isOffering(): boolean {
    return this.#kept !== null;
  }

  /** Offers what the last visit left, where it did; beside that the first sample can be painted on. */
  async begin(): Promise<void> {
    const kept = await readKept().catch(() => null);
    if (kept && kept.painting.strokes.length > 0) {
      this.#kept = kept;
      const { id, name, strokes } = kept.painting;
      const steps = await this.#worker.keptSteps(id).catch(() => 0);
      const learned = steps > 0 ? `, learned in ${showCount(steps)} ${steps === 1 ? "step" : "steps"}` : "";
      const count = `${strokes.length} ${strokes.length === 1 ? "stroke" : "strokes"}`;
      find(this.#host, "#segment-kept", HTMLElement).textContent =
        `Your painting of the last visit was kept: ${count} on ${name}${learned}.`;
      find(this.#host, "#segment-offer", HTMLElement).hidden = false;
    }
    await this.#openSample(Object.keys(samples)[0] ?? "");
  }

  /** Opens a picture or a network, by what the file is. */
  async open(file: File): Promise<void> {
    try {
      if (file.name.endsWith(".safetensors"))
        await this.#openNetwork(new Uint8Array(await file.arrayBuffer()), file.name);
      else {
        const picture = await readPicture(file, file.name || "pasted picture");
        this.hideOffer();
        find(this.#host, "#segment-sample", HTMLSelectElement).value = "";
        await this.#easel.open({ picture, classes: firstClasses });
      }
    } catch (error) {
      this.#shell.notice(error);
    }
  }

  hideOffer(): void {
    this.#kept = null;
    find(this.#host, "#segment-offer", HTMLElement).hidden = true;
  }

  /** Whether there is a mask to save. */
  allowMasks(isAllowed: boolean): void {
    for (const id of ["save-mask", "save-overlay"]) this.#button(id).disabled = !isAllowed;
  }

  /** Whether there is a network to save. */
  allowNetworks(isAllowed: boolean): void {
    this.#button("save-network").disabled = !isAllowed;
  }

  async #openSample(name: string): Promise<void> {
    const sample = samples[name];
    if (sample) await this.#easel.open({ picture: sample.draw(), classes: sample.classes });
  }

  async #resume(): Promise<void> {
    const kept = this.#kept;
    this.hideOffer();
    if (!kept) return;
    const { id, classes, strokes } = kept.painting;
    find(this.#host, "#segment-sample", HTMLSelectElement).value = "";
    await this.#easel.open({ picture: kept.picture, classes, strokes, network: "kept", id });
  }

  /** The class of each pixel as its place in the list, in the colours of the classes. */
  async #saveMask(): Promise<void> {
    const { picture, classes } = this.#easel;
    if (!picture) return;
    const places = new Map(classes.map(({ label }, place) => [label, place]));
    const mask = (await this.#worker.mask()).map((label) => places.get(label) ?? 0);
    const colours = classes.map(({ label }): Colour => classColours[label] ?? [0, 0, 0]);
    const { width, height } = picture.image;
    const png = await encodeIndexedPng(mask, width, height, colours);
    download(this.#name("mask.png"), new Blob([png], { type: "image/png" }));
  }

  async #saveNetwork(): Promise<void> {
    const bytes = await this.#worker.save({ classes: JSON.stringify(this.#easel.classes) });
    download(this.#name("network.safetensors"), new Blob([bytes]));
  }

  /** Takes a network for the picture that is there, in place of the strokes. */
  async #openNetwork(bytes: Uint8Array, name: string): Promise<void> {
    const { picture } = this.#easel;
    const { metadata } = await openSafetensors(bytes);
    const classes = parseClasses(metadata["notes/classes"] ?? "");
    if (!classes) {
      throw new FormatError({
        where: name,
        seen: "a file that names no classes",
        wanted: "a network that was saved on this tab",
      });
    }
    if (!picture) return;
    this.hideOffer();
    await this.#easel.open({ picture, classes, network: { bytes, labels: classes.map(({ label }) => label) } });
  }

  #name(ending: string): string {
    return `${this.#easel.picture?.name ?? "picture"}-${ending}`;
  }

  #button(id: string): HTMLButtonElement {
    return find(this.#host, `#segment-${id}`, HTMLButtonElement);
  }

  #onClick(id: string, act: () => Promise<void>): void {
    this.#button(id).addEventListener("click", () => void act().catch(this.#shell.notice));
  }

  #onFile(id: string, act: (file: File) => Promise<void>): void {
    const field = find(this.#host, `#segment-${id}`, HTMLInputElement);
    field.addEventListener("change", () => {
      const file = field.files?.[0];
      // The same file may be chosen again.
      field.value = "";
      if (file) void act(file);
    });
  }
}
