import type * as Comlink from "comlink";
import { FormatError } from "../../src/core/errors.ts";
import { encodeIndexedPng } from "../../src/data/indexedPng.ts";
import type { Colour } from "../../src/data/maskImage.ts";
import { openSafetensors } from "../../src/io/safetensors.ts";
import { download, find, isNetworkFile, make, onFiles } from "../shell/elements.ts";
import type { Shell } from "../shell/shell.ts";
import type { PaintedClass } from "./history.ts";
import { parseClasses } from "./keeping.ts";
import type { Opening } from "./painting.ts";
import { enlarge, type OpenedPicture, readPicture, type Sample, samples } from "./pictures.ts";
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
  overlayPng(): Promise<Blob | null>;
}

/** Pictures and networks in, masks and networks out. */
export class Files {
  readonly #host: HTMLElement;
  readonly #shell: Shell;
  readonly #worker: Comlink.Remote<SegmentWorker>;
  readonly #easel: Easel;

  constructor(host: HTMLElement, shell: Shell, worker: Comlink.Remote<SegmentWorker>, easel: Easel) {
    this.#host = host;
    this.#shell = shell;
    this.#worker = worker;
    this.#easel = easel;
    for (const id of ["open", "open-network"]) {
      onFiles(find(host, `#segment-${id}`, HTMLInputElement), ([file]) => file && this.open(file));
    }
    this.#onClick("save-mask", () => this.#saveMask());
    this.#onClick("save-overlay", () => this.#saveOverlay());
    this.#onClick("save-network", () => this.#saveNetwork());
    for (const [name, sample] of Object.entries(samples)) {
      const button = make("button", name);
      button.type = "button";
      button.addEventListener("click", () => void this.#openSample(sample).catch(shell.notice));
      find(host, "#segment-pictures", HTMLDivElement).append(button);
    }
  }

  /** Opens the first of the drawn pictures. */
  async openFirst(): Promise<void> {
    const [first] = Object.values(samples);
    if (first) await this.#openSample(first);
  }

  /** Opens a picture or a network, by what the file is. */
  async open(file: File): Promise<void> {
    try {
      if (isNetworkFile(file)) await this.#openNetwork(new Uint8Array(await file.arrayBuffer()), file.name);
      else {
        const picture = await readPicture(file, file.name || "pasted picture");
        await this.#easel.open({ picture, classes: firstClasses });
      }
    } catch (error) {
      this.#shell.notice(error);
    }
  }

  /** Another picture is on the easel: there is no mask of it yet. */
  onPicture({ scaledFrom }: OpenedPicture): void {
    this.allowMasks(false);
    find(this.#host, "#segment-saves", HTMLElement).textContent = scaledFrom
      ? `Mask and overlay are saved as large as your file, ${scaledFrom.width} × ${scaledFrom.height}.`
      : "";
  }

  /** Whether there is a mask to save. */
  allowMasks(isAllowed: boolean): void {
    for (const id of ["save-mask", "save-overlay"]) this.#button(id).disabled = !isAllowed;
  }

  /** Whether there is a network to save. */
  allowNetworks(isAllowed: boolean): void {
    this.#button("save-network").disabled = !isAllowed;
  }

  async #openSample({ draw, classes }: Sample): Promise<void> {
    await this.#easel.open({ picture: draw(), classes });
  }

  /** The class of each pixel of the file as its place in the list, in the colours of the classes. */
  async #saveMask(): Promise<void> {
    const { picture, classes } = this.#easel;
    if (!picture) return;
    const { image, scaledFrom } = picture;
    const { width, height } = scaledFrom ?? image;
    const mask = await this.#worker.mask();
    // It may be that of another picture, which was opened meanwhile.
    if (this.#easel.picture !== picture) return;
    const labels = enlarge(mask, image, { width, height });
    // A class that is not in the list any more has no colour: no file is made then.
    const places = classColours.map((_, label) => classes.findIndex((each) => each.label === label));
    const indices = labels.map((label) => places[label] ?? -1);
    const colours = classes.map(({ label }): Colour => classColours[label] ?? [0, 0, 0]);
    const png = await encodeIndexedPng(indices, width, height, colours);
    download(this.#name("mask.png"), new Blob([png], { type: "image/png" }));
  }

  async #saveOverlay(): Promise<void> {
    const name = this.#name("overlay.png");
    const png = await this.#easel.overlayPng();
    if (png) download(name, png);
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
    await this.#easel.open({ picture, classes, network: bytes, known: classes.map(({ label }) => label) });
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
}
