import type { AdapterFacts, Gpu } from "../../src/gpu/gpu.ts";

/** What a page that measures tells the command line. Samples are plain data. */
export type SweepEvent<Sample> =
  | { readonly kind: "start"; readonly adapter: AdapterFacts; readonly visits: number }
  | { readonly kind: "visit"; readonly name: string }
  | { readonly kind: "end"; readonly samples: readonly Sample[] }
  | { readonly kind: "error"; readonly message: string };

/** What a sweep found, and where. */
export interface SweepRun<Sample> {
  readonly adapter: AdapterFacts;
  /** `"chromium 156.0"`, or Node with Dawn. */
  readonly runtime: string;
  readonly samples: readonly Sample[];
}

/** Something to measure by rounds, wherever it runs. */
export interface Sweep<Sample> {
  /** How many times `onVisit` will be called. */
  readonly visits: number;
  run(onVisit: (name: string) => Promise<void> | void): Promise<readonly Sample[]>;
}

export interface SweepOptions {
  /** A regular expression: the cases to time. */
  readonly only: string;
  /** Timed blocks of each case. */
  readonly blocks: number;
}

export type MakeSweep<Sample> = (gpu: Gpu, options: SweepOptions) => Sweep<Sample>;
