import { find, make } from "../shell/elements.ts";
import type { PaintedClass } from "./history.ts";
import { classColours } from "./views.ts";

export interface PaletteListener {
  /** A class was chosen to be painted: another one, or that of before once more. */
  onChoose(): void;
  /** There is one class more, or one has another name. */
  onChange(classes: readonly PaintedClass[]): void;
  /** A class should go. */
  onRemove(label: number): void;
}

type Control = HTMLInputElement | HTMLButtonElement;

const fewestClasses = 2;

/** The classes that can be painted, and which of them is. */
export class Palette {
  readonly #list: HTMLOListElement;
  readonly #add: HTMLButtonElement;
  readonly #listener: PaletteListener;
  #classes: readonly PaintedClass[] = [];
  #chosen = 0;

  constructor(host: HTMLElement, listener: PaletteListener) {
    this.#list = find(host, "#segment-classes", HTMLOListElement);
    this.#add = find(host, "#segment-add", HTMLButtonElement);
    this.#listener = listener;
    this.#add.addEventListener("click", () => this.#addClass());
  }

  /** Label of the class that is painted. */
  get chosen(): number {
    return this.#chosen;
  }

  /** Offers these classes, the first of them to be painted. */
  open(classes: readonly PaintedClass[]): void {
    this.#classes = classes;
    this.#render();
    this.choose(0);
  }

  /** Offers other classes; the chosen one stays, or the next one takes its place. */
  show(classes: readonly PaintedClass[]): void {
    if (classes === this.#classes) return;
    const place = this.#classes.findIndex(({ label }) => label === this.#chosen);
    this.#classes = classes;
    this.#render();
    if (classes.every(({ label }) => label !== this.#chosen)) this.choose(Math.min(place, classes.length - 1));
  }

  /** Chooses the class at a place of the list, from 0; nothing where there is none. */
  choose(place: number): void {
    const chosen = this.#classes[place];
    if (!chosen) return;
    this.#chosen = chosen.label;
    const radio = find(this.#list, `li:nth-child(${place + 1}) input[type="radio"]`, HTMLInputElement);
    radio.checked = true;
    this.#listener.onChoose();
  }

  #addClass(): void {
    const label = classColours.findIndex((_, free) => this.#classes.every((taken) => taken.label !== free));
    if (label < 0) return;
    let number = this.#classes.length + 1;
    while (this.#classes.some(({ name }) => name === `Class ${number}`)) number++;
    this.show([...this.#classes, { label, name: `Class ${number}` }]);
    this.choose(this.#classes.length - 1);
    this.#listener.onChange(this.#classes);
  }

  #render(): void {
    this.#add.disabled = this.#classes.length === classColours.length;
    const rows = () => [...this.#list.children].map((item) => [...item.querySelectorAll<Control>("input, button")]);
    const focused = rows().map((controls) => controls.findIndex((control) => control.matches(":focus")));
    this.#list.replaceChildren(...this.#classes.map((each, place) => this.#itemOf(each, place)));
    const row = focused.findIndex((column) => column >= 0);
    if (row < 0) return;
    // The focus stays where it was; the last class moves up, and its name takes the focus of what cannot be pressed.
    const controls = rows()[Math.min(row, this.#classes.length - 1)] ?? [];
    const same = controls[focused[row] ?? 0];
    (same?.disabled ? controls.find(({ type }) => type === "text") : same)?.focus();
  }

  #itemOf({ label, name }: PaintedClass, place: number): HTMLLIElement {
    const item = make("li");
    const swatch = make("label", "", "swatch");
    const radio = make("input");
    Object.assign(radio, { type: "radio", name: "segment-class", checked: label === this.#chosen });
    radio.ariaLabel = `Paint ${name}`;
    // Not when it changes: a click on the chosen class ends erasing.
    radio.addEventListener("click", () => this.choose(place));
    swatch.append(radio);
    swatch.style.setProperty("--class-colour", `rgb(${classColours[label]?.join(" ")})`);
    const field = make("input");
    Object.assign(field, { type: "text", value: name, maxLength: 40, autocomplete: "off" });
    field.ariaLabel = `Name of class ${place + 1}`;
    field.addEventListener("change", () => {
      this.#classes = this.#classes.map((each) => (each.label === label ? { label, name: field.value } : each));
      radio.ariaLabel = `Paint ${field.value}`;
      this.#listener.onChange(this.#classes);
    });
    const remove = make("button", "Remove", "plain");
    remove.type = "button";
    remove.disabled = this.#classes.length <= fewestClasses;
    remove.ariaLabel = `Remove class ${place + 1} and its strokes`;
    remove.addEventListener("click", () => this.#listener.onRemove(label));
    item.append(swatch, field, remove);
    return item;
  }
}
