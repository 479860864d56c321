import { find } from "../shell/elements.ts";
import { networkTitles, type Settings, usualRate } from "./settings.ts";

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
  /** Those that the network of now was made with. */
  #taken: Settings;

  /** @param settings to begin with; images that a server shows become a choice of their own */
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
    if (settings.data.kind === "served") this.#data.add(new Option(settings.data.name, "served"), 0);
    this.#taken = settings;
    this.show(settings);
  }

  /** Hears of what may change while a network trains, and of what waits for the next reset. */
  onChange(heard: { readonly live: (settings: Settings) => void; readonly waiting: () => void }): void {
    const live: readonly EventTarget[] = [this.#rate, this.#epochs];
    this.#form.addEventListener("change", ({ target }) => {
      this.#fit();
      if (!this.isValid) return;
      if (target && live.includes(target)) heard.live(this.read());
      else if (target !== this.#form && target instanceof HTMLElement && target.closest("fieldset")) heard.waiting();
    });
  }

  /** Tells the person what is wrong, where something is. */
  get isValid(): boolean {
    return this.#form.reportValidity();
  }

  /** Whether the network of now was made with other settings. */
  get isWaiting(): boolean {
    const key = ({ network, data, optimizer, batch, dropout }: Settings) =>
      JSON.stringify([network, data.kind, optimizer, batch, network === "mnistKeras" && dropout]);
    return key(this.read()) !== key(this.#taken);
  }

  read(): Settings {
    const kind = this.#data.value;
    return {
      ...this.#taken,
      network: this.#network.value === "mnistKeras" ? "mnistKeras" : "lenet5",
      data: kind === "mnist" || kind === "files" || kind === "drawn" ? { kind } : this.#taken.data,
      optimizer: this.#optimizer.value === "adam" ? "adam" : "sgd",
      learningRate: this.#rate.valueAsNumber,
      epochs: this.#epochs.valueAsNumber,
      batch: this.#batch.valueAsNumber,
      dropout: this.#dropout.valueAsNumber,
    };
  }

  /** The settings for a network to be made now. Another optimizer brings its usual rate. */
  take(): Settings {
    const { optimizer } = this.read();
    if (optimizer !== this.#taken.optimizer) this.#rate.valueAsNumber = usualRate(optimizer);
    this.#taken = this.read();
    return this.#taken;
  }

  /** Shows the settings of a network that was made. */
  show(settings: Settings): void {
    this.#taken = settings;
    this.#network.value = settings.network;
    this.#data.value = settings.data.kind;
    this.#optimizer.value = settings.optimizer;
    this.#rate.valueAsNumber = settings.learningRate;
    this.#epochs.valueAsNumber = settings.epochs;
    this.#batch.valueAsNumber = settings.batch;
    this.#dropout.valueAsNumber = settings.dropout;
    this.#fit();
  }

  chooseFiles(): void {
    this.#data.value = "files";
    this.#fit();
  }

  /** Shows the fields that the choices need. */
  #fit(): void {
    find(this.#form, "#digits-files", HTMLElement).hidden = this.#data.value !== "files";
    find(this.#form, "#digits-dropout-field", HTMLElement).hidden = this.#network.value !== "mnistKeras";
  }
}
