import { element } from "./elements.ts";
import { learningRates, standardRequest, type TrainRequest } from "./request.ts";

/** The form: what to train on, and how. Starts from the request in the page's address, which `npm start` makes. */
export class Form {
  readonly #data = element("data", HTMLSelectElement);
  readonly #files = element("files", HTMLInputElement);
  readonly #drop = element("drop", HTMLLabelElement);
  readonly #epochs = element("epochs", HTMLInputElement);
  readonly #batch = element("batch", HTMLInputElement);
  readonly #optimizer = element("optimizer", HTMLSelectElement);
  readonly #learningRate = element("learningRate", HTMLInputElement);
  readonly #asked: TrainRequest;
  #picked: readonly File[] = [];

  constructor(search: string) {
    const asked = new URLSearchParams(search).get("request");
    this.#asked = { ...standardRequest, ...(asked ? (JSON.parse(asked) as Partial<TrainRequest>) : {}) };
    const { data, epochs, batch, optimizer, learningRate } = this.#asked;
    if (data.url !== null) this.#data.add(new Option(data.name, "served", true, true), 0);
    this.#epochs.valueAsNumber = epochs;
    this.#batch.valueAsNumber = batch;
    this.#optimizer.value = optimizer;
    this.#learningRate.valueAsNumber = learningRate;
    this.#data.addEventListener("change", () => this.#showDrop());
    this.#files.addEventListener("change", () => this.#pick([...(this.#files.files ?? [])]));
    this.#optimizer.addEventListener("change", () => {
      this.#learningRate.valueAsNumber = learningRates[this.#chosenOptimizer];
    });
    this.#takeDrops();
  }

  /** What is to be trained; `picked` are the files chosen by hand, null for other data. */
  read(): { readonly request: TrainRequest; readonly picked: readonly File[] | null } {
    const request: TrainRequest = {
      ...this.#asked,
      data: this.#data.value === "served" ? this.#asked.data : { name: this.#data.value, url: null },
      epochs: this.#epochs.valueAsNumber,
      batch: this.#batch.valueAsNumber,
      optimizer: this.#chosenOptimizer,
      learningRate: this.#learningRate.valueAsNumber,
    };
    return { request, picked: this.#data.value === "files" ? this.#picked : null };
  }

  get #chosenOptimizer(): TrainRequest["optimizer"] {
    return this.#optimizer.value === "adam" ? "adam" : "sgd";
  }

  #showDrop(): void {
    this.#drop.hidden = this.#data.value !== "files";
  }

  #pick(files: readonly File[]): void {
    this.#picked = files;
    const names = files.map(({ name }) => name).join(", ");
    element("picked", HTMLSpanElement).textContent = names || "Drop the four IDX files here, or choose them";
  }

  /** Files may be dropped anywhere on the page; elsewhere the browser would leave for them. */
  #takeDrops(): void {
    addEventListener("dragover", (event) => {
      event.preventDefault();
      this.#drop.classList.add("over");
    });
    addEventListener("dragleave", () => this.#drop.classList.remove("over"));
    addEventListener("drop", (event) => {
      event.preventDefault();
      this.#drop.classList.remove("over");
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0 || element("settings", HTMLFieldSetElement).disabled) return;
      this.#data.value = "files";
      this.#showDrop();
      this.#pick(files);
    });
  }
}
