/** The engines of the head-to-head that are installed; made by installedEngines.ts. */
declare module "virtual:engines" {
  import type { EngineName } from "../../bench/headToHead/engines.ts";

  export const engines: readonly {
    readonly name: EngineName;
    readonly version: string;
    /** Runs the engine's program, which puts itself at the disposal of `window.bench`. */
    readonly load: () => Promise<unknown>;
  }[];
  /** Of the working tree that the page was made of; null outside a checkout. */
  export const commit: string | null;
}
