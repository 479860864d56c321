import type { Inspection } from "./inspection.ts";
import type { Shell } from "./shell.ts";

/** What the page knows of a tab that was opened. */
export interface Tab {
  /** The panel is on the screen from now on. Called after `mount`, too. */
  show(): void;
  /** The panel is not: what only draws should rest. A training goes on. */
  hide(): void;
  /** The network of the tab, for the tab Inside; absent where there is none. Rejects while nothing is compiled. */
  inspect?(options: InspectOptions): Promise<Inspection>;
  /** Takes files that were dropped on the page while the panel is on the screen; absent where it takes none. */
  take?(files: readonly File[]): void;
}

export interface InspectOptions {
  /** Whether to time the dispatches too: takes a second or more, in which the training stands still. */
  readonly profile: boolean;
}

/** What the module of a tab exports: fills the panel, once, when the tab is first opened. */
export type Mount = (host: HTMLElement, shell: Shell) => Tab;
