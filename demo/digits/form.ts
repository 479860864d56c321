import { find } from "../shell/elements.ts";
import { type DataChoice, type LiveSettings, networkTitles, type Settings, usualRate } from "./settings.ts";

/** The settings of a training as a form: two that may change while it runs, and those that it is begun with. */
export class Form {
  readonly #form: HTMLFormElement;
  readonly #network: HTMLSelectElement;
  readonly #data: HTMLSelectElement;
  readonly #optimizer: HTMLSelectElement;
  readonly #rate: HTMLInputElement;
  readonly #epochs: HTMLInputElement;
  readonly #batch: HTMLInputElement;
  readonly #dropout: HTMLInputElement;
  /** Images that a server shows; null where none does. */
  #served: DataChoice | null = null;
  #taken: Settings;
  /** The optimizer that the rate is meant for. */
  #ratedFor: Settings["optimizer"];

  /** @param settings to begin with */
  constructor(host: HTMLElement, settings: Settings) {
    this.#form = find(host, "#digits-controls", HTMLFormElement);
    this.#network = find(host, "#digits-network", HTMLSelectElement);
    this.#data = find(host, "#digits-data", HTMLSelectElement);
    this.#optimizer = find(host, "#digits-optimizer", HTMLSelectElement);
    this.#rate = find(host, "#digits-rate", HTMLInputElement);
    this.#epochs = find(host, "#digits-epochs", HTMLInputElement);
    this.#batch = find(host, "#digits-batch", HTMLInputElement);
    this.#dropout = find(host, "#digits-dropout", HTMLInputElement);
    for (const [name, title] of Object.entries(networkTitles)) this.#network.add(new Option(title, name));
    this.#taken = settings;
    this.#ratedFor = settings.optimizer;
    this.show(settings);
  }

  /** Hears of what may change while a network trains, and of what waits for the next reset. */
  onChange(heard: { readonly live: () => void; readonly waiting: () => void }): void {
    this.#rate.addEventListener("change", () => {
      this.#ratedFor = this.read().optimizer;
    });
    for (const field of [this.#rate, this.#epochs]) {
      field.addEventListener("change", () => {
        if (field.reportValidity()) heard.live();
      });
    }
    find(this.#form, "#digits-settings", HTMLFieldSetElement).addEventListener("change", () => {
      this.#fit();
      if (this.isValid) heard.waiting();
    });
  }

  /** Tells the person what is wrong, where something is. */
  get isValid(): boolean {
    return this.#form.reportValidity();
  }

  /** Settings that the network of now was made with. */
  get taken(): Settings {
    return this.#taken;
  }

  /** Of the settings that take effect at once, those that are numbers which will do. */
  get live(): LiveSettings {
    return {
      ...(this.#rate.validity.valid ? { learningRate: this.#rate.valueAsNumber } : {}),
      ...(this.#epochs.validity.valid ? { epochs: this.#epochs.valueAsNumber } : {}),
    };
  }

  /** Whether the network of now was made with other settings. */
  get isWaiting(): boolean {
    const key = ({ network, data, optimizer, batch, dropout }: Settings) =>
      JSON.stringify([network, data.kind, optimizer, batch, network === "mnistKeras" && dropout]);
    return key(this.read()) !== key(this.#taken);
  }

  /** The settings for a network to be made now. Another optimizer brings its usual rate, unless it was given one. */
  next(): Settings {
    const settings = this.read();
    const { optimizer } = settings;
    return optimizer === this.#ratedFor ? settings : { ...settings, learningRate: usualRate(optimizer) };
  }

  read(): Settings {
    const kind = this.#data.value;
    return {
      ...this.#taken,
      network: this.#network.value === "mnistKeras" ? "mnistKeras" : "lenet5",
      data: kind === "mnist" || kind === "files" || kind === "drawn" ? { kind } : (this.#served ?? this.#taken.data),
      optimizer: this.#optimizer.value === "adam" ? "adam" : "sgd",
      learningRate: this.#rate.valueAsNumber,
      epochs: this.#epochs.valueAsNumber,
      batch: this.#batch.valueAsNumber,
      dropout: this.#dropout.valueAsNumber,
    };
  }

  /** A network was made with these settings, which were read here; other fields may have changed meanwhile. */
  take(settings: Settings): void {
    this.#taken = settings;
    if (this.#ratedFor !== settings.optimizer) this.#showRate(settings);
  }

  /** Shows the settings of a network that was made. */
  show(settings: Settings): void {
    this.#taken = settings;
    if (settings.data.kind === "served") this.#offerServed(settings.data);
    this.#network.value = settings.network;
    this.#data.value = settings.data.kind;
    this.#optimizer.value = settings.optimizer;
    this.#showRate(settings);
    this.#epochs.valueAsNumber = settings.epochs;
    this.#batch.valueAsNumber = settings.batch;
    this.#dropout.valueAsNumber = settings.dropout;
    this.#fit();
  }

  #showRate({ optimizer, learningRate }: Settings): void {
    this.#ratedFor = optimizer;
    this.#rate.valueAsNumber = learningRate;
  }

  /** Images that a server shows are a choice of their own. */
  #offerServed(data: DataChoice & { readonly kind: "served" }): void {
    if (!this.#served) this.#data.add(new Option(data.name, "served"), 0);
    this.#served = data;
  }

  /** Shows the fields that the choices need. One that is not needed may hold anything. */
  #fit(): void {
    find(this.#form, "#digits-files", HTMLElement).hidden = this.#data.value !== "files";
    const hasDropout = this.#network.value === "mnistKeras";
    find(this.#form, "#digits-dropout-field", HTMLElement).hidden = !hasDropout;
    this.#dropout.disabled = !hasDropout;
  }
}
