import { make } from "./elements.ts";
import type { Network, Shell } from "./shell.ts";
import type { Mount, Tab } from "./tab.ts";

/** A tab before it is opened. */
export interface TabEntry {
  /** In the page's address, after the `#`. */
  readonly id: string;
  readonly title: string;
  /** Loads the tab's module, when it is first opened. */
  readonly load: () => Promise<{ readonly mount: Mount }>;
}

interface Place {
  readonly entry: TabEntry;
  readonly button: HTMLButtonElement;
  readonly panel: HTMLElement;
  /** Null until the tab is first opened. */
  tab: Promise<Tab> | null;
}

/**
 * The tab list of WAI-ARIA's authoring practices: one stop of the tab key, arrows, Home and End move and open. The
 * open tab is in the page's address, so that it can be linked to and the browser's Back goes back.
 */
export class Tabs {
  readonly #list: HTMLElement;
  readonly #places: readonly Place[];
  readonly #notice: Shell["notice"];
  #open: Place | null = null;
  /** The tab that said last what went wrong. */
  #noticed: Place | null = null;
  /** Tabs with a network, the one opened last first. */
  #networks: readonly Network[] = [];

  constructor(list: HTMLElement, panels: HTMLElement, entries: readonly TabEntry[], notice: Shell["notice"]) {
    this.#list = list;
    this.#notice = notice;
    this.#places = entries.map((entry) => placeOf(entry));
    list.append(...this.#places.map(({ button }) => button));
    panels.append(...this.#places.map(({ panel }) => panel));
  }

  /** Opens the tab that the address names, and from now on those that a person chooses. */
  begin(): void {
    for (const { entry, button } of this.#places) {
      button.addEventListener("click", () => this.#goTo(entry));
    }
    this.#list.addEventListener("keydown", (event) => this.#onKey(event));
    addEventListener("hashchange", () => this.#openFromAddress());
    this.#openFromAddress();
  }

  /** Hands files that were dropped on the page to the open tab. */
  take(files: readonly File[]): void {
    const place = this.#open;
    place?.tab?.then((tab) => tab.take?.(files)).catch((error) => this.#say(place, error));
  }

  /** Opens the tab that the address names; the first one where it names none. */
  #openFromAddress(): void {
    const id = location.hash.slice(1);
    const place = this.#places.find(({ entry }) => entry.id === id) ?? this.#places[0];
    if (!place) return;
    // An address that names something else would be passed on.
    if (id && id !== place.entry.id) history.replaceState(null, "", `#${place.entry.id}`);
    // One that could not be loaded is opened anew.
    if (place !== this.#open || !place.tab) void this.#show(place).catch((error) => this.#say(place, error));
  }

  async #show(place: Place): Promise<void> {
    const before = this.#open;
    this.#open = place;
    if (before) this.#say(before, null);
    for (const { button, panel } of this.#places) {
      const selected = panel === place.panel;
      button.ariaSelected = `${selected}`;
      button.tabIndex = selected ? 0 : -1;
      panel.hidden = !selected;
    }
    document.title = `${place.entry.title} · wgrad`;
    if (before && before !== place) void hide(before, () => before !== this.#open);
    place.tab ??= this.#mount(place);
    // A module that did not come is asked for again by the next visit.
    place.tab.catch(() => {
      place.tab = null;
    });
    const tab = await place.tab;
    this.#remember(place, tab);
    if (this.#open === place) tab.show();
  }

  async #mount(place: Place): Promise<Tab> {
    const { title, load } = place.entry;
    const { mount } = await load().catch((cause) => {
      throw new Error(`${title} could not be loaded. Open it again when you are online.`, { cause });
    });
    return mount(place.panel, { notice: (error) => this.#say(place, error), networks: () => this.#networks });
  }

  /** Shows what a tab says went wrong, until it takes that away or is left; what another one said it leaves alone. */
  #say(place: Place, error: unknown): void {
    if (error === null && this.#noticed !== place) return;
    this.#noticed = error === null ? null : place;
    this.#notice(error);
  }

  #remember({ entry: { title } }: Place, tab: Tab): void {
    if (!tab.inspect) return;
    const network = { title, inspect: tab.inspect.bind(tab) };
    this.#networks = [network, ...this.#networks.filter((other) => other.title !== title)];
  }

  #onKey(event: KeyboardEvent): void {
    const at = this.#places.findIndex(({ entry }) => entry === this.#open?.entry);
    const last = this.#places.length - 1;
    const moves: Partial<Record<string, number>> = {
      ArrowLeft: at === 0 ? last : at - 1,
      ArrowRight: at === last ? 0 : at + 1,
      Home: 0,
      End: last,
    };
    const target = this.#places[moves[event.key] ?? -1];
    if (!target) return;
    event.preventDefault();
    target.button.focus();
    this.#goTo(target.entry);
  }

  /** The browser tells of the new address only later. */
  #goTo({ id }: TabEntry): void {
    location.hash = id;
    this.#openFromAddress();
  }
}

/** Tells a tab that it is left, as soon as it is there, unless it was opened again meanwhile. */
async function hide({ tab }: Place, isLeft: () => boolean): Promise<void> {
  // Of one that is not there others have told.
  const there = await tab?.catch(() => null);
  if (there && isLeft()) there.hide();
}

function placeOf(entry: TabEntry): Place {
  const button = make("button", entry.title);
  const panel = make("section");
  Object.assign(button, { type: "button", id: `tab-${entry.id}`, role: "tab" });
  Object.assign(panel, { id: `panel-${entry.id}`, role: "tabpanel", tabIndex: -1, hidden: true });
  button.setAttribute("aria-controls", panel.id);
  panel.setAttribute("aria-labelledby", button.id);
  return { entry, button, panel, tab: null };
}
