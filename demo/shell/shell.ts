import type { Tab } from "./tab.ts";

/** What the page offers its tabs. */
export interface Shell {
  /** Shows what went wrong above the panels, until the next notice, or until the tab is left; null takes it away. */
  notice(error: unknown): void;
  /** The tabs that were opened and have a network to look into, the one opened last first. */
  networks(): readonly Network[];
}

/** A tab with a network. */
export interface Network {
  /** Title of the tab. */
  readonly title: string;
  readonly inspect: NonNullable<Tab["inspect"]>;
}
