import { find, make } from "../shell/elements.ts";
import type { PaintedClass } from "./keeping.ts";
import { classColours } from "./views.ts";

export interface PaletteListener {
  /** Another class is painted from now on. */
  onChoose(): void;
  onRename(): void;
  onRemove(label: number): void;
}

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

  get classes(): readonly PaintedClass[] {
    return this.#classes;
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
    this.#classes = [...this.#classes, { label, name: `Class ${this.#classes.length + 1}` }];
    this.#render();
    this.choose(this.#classes.length - 1);
    this.#listener.onRename();
  }

  #remove(label: number): void {
    const place = this.#classes.findIndex((each) => each.label === label);
    this.#classes = this.#classes.filter((each) => each.label !== label);
    this.#render();
    this.choose(Math.min(place, this.#classes.length - 1));
    this.#listener.onRemove(label);
  }

  #render(): void {
    this.#add.disabled = this.#classes.length === classColours.length;
    this.#list.replaceChildren(...this.#classes.map((each, place) => this.#itemOf(each, place)));
  }

  #itemOf({ label, name }: PaintedClass, place: number): HTMLLIElement {
    const item = make("li");
    const swatch = make("label", "", "swatch");
    const radio = make("input");
    Object.assign(radio, { type: "radio", name: "segment-class" });
    radio.ariaLabel = `Paint ${name}`;
    radio.addEventListener("change", () => this.choose(place));
    swatch.append(radio);
    swatch.style.setProperty("--class-colour", `rgb(${classColours[label]?.join(" ")})`);
    const field = make("input");
    Object.assign(field, { type: "text", value: name, maxLength: 40, autocomplete: "off" });
    field.ariaLabel = `Name of class ${place + 1}`;
    field.addEventListener("change", () => {
      this.#classes = this.#classes.map((each) => (each.label === label ? { label, name: field.value } : each));
      radio.ariaLabel = `Paint ${field.value}`;
      this.#listener.onRename();
    });
    const remove = make("button", "Remove", "plain");
    remove.type = "button";
    remove.disabled = this.#classes.length <= fewestClasses;
    remove.ariaLabel = `Remove class ${place + 1} and its strokes`;
    remove.addEventListener("click", () => this.#remove(label));
    item.append(swatch, field, remove);
    return item;
  }
}
