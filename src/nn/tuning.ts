import type { Target } from "../core/call.ts";
import type { Graph } from "../core/graph.ts";
import { checkNames, checkNumber } from "../core/options.ts";
import { Turns } from "../core/turns.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { type TunedChoice, tuneGraph } from "../gpu/tune.ts";
import { decodeTuned, encodeTuned, indexedDbStore, type TunedStore } from "../io/tunedStore.ts";
import type { VariableLayout } from "../passes/layout.ts";

export interface TuneOptions {
  /**
   * Seconds that measuring may take, for all graphs of the model together; the choice under way is finished. Default 10. 0:
   * what is kept is used, and nothing is measured.
   */
  readonly seconds?: number;
  /** Where choices are kept, by adapter. Default: the browser's IndexedDB where there is one, else nowhere. */
  readonly store?: TunedStore | null;
  /** Choices that are measured, of how many, for each graph. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What tuning has done for a model since it was compiled. */
export interface TuningReport {
  /** Spent on measuring. */
  readonly seconds: number;
  /** Measured now, each with the time of the usual and of the best variant. */
  readonly choices: readonly TunedChoice[];
  /** Known from before. */
  readonly known: number;
  /** Left to the estimates, since time was up. */
  readonly left: number;
  /** Whether what was measured is kept for the next time. */
  readonly kept: boolean;
}

/** Begins the tuning of a model; what `tune()` gives. */
export interface Tuner {
  /** @internal */
  begin(gpu: Gpu): Promise<Tuning>;
}

/**
 * Measures, before a graph is compiled, which variants of its kernels are the fastest on this device, and keeps that for
 * the next time. Results stay the same up to the order of sums. For `compile({ tune })`.
 *
 * @throws GraphError on a number of seconds below 0; `compile` throws FormatError where what is kept is damaged
 * @example
 * await model.compile({ gpu, optimizer: sgd(), loss: "sparseCategoricalCrossentropy", tune: tune({ seconds: 5 }) });
 * console.log(model.tuning?.choices.length, "kernels were timed");
 */
export function tune(options: TuneOptions = {}): Tuner {
  checkNames("tune", options, ["seconds", "store", "onProgress"]);
  checkNumber("tune", "seconds", options.seconds ?? 0, (value) => value >= 0, "0 or more");
  return { begin: (gpu) => Tuning.create(gpu, options) };
}

/** Measures, before a graph of a model is planned, which variants of its kernels are the fastest on this device. */
export class Tuning {
  /** With all choices that are known so far. */
  readonly target: Target;
  readonly #gpu: Gpu;
  readonly #tuned: Map<string, string>;
  readonly #options: Required<Pick<TuneOptions, "seconds">> & TuneOptions;
  readonly #store: TunedStore | null;
  #report: TuningReport;
  /** Two graphs at a time would be in each other's measurements. */
  readonly #turns = new Turns();

  private constructor(gpu: Gpu, known: ReadonlyMap<string, string>, store: TunedStore | null, options: TuneOptions) {
    this.#gpu = gpu;
    this.#tuned = new Map([...(gpu.target.tuned ?? []), ...known]);
    this.#store = store;
    this.#options = { seconds: 10, ...options };
    this.target = Object.freeze({ ...gpu.target, tuned: this.#tuned });
    this.#report = { seconds: 0, choices: [], known: known.size, left: 0, kept: false };
  }

  /** Takes what is kept for this adapter. @throws FormatError where that is damaged */
  static async create(gpu: Gpu, options: TuneOptions): Promise<Tuning> {
    const { store = globalThis.indexedDB ? indexedDbStore() : null } = options;
    const text = await store?.read(nameOf(gpu));
    return new Tuning(gpu, text ? decodeTuned(text) : new Map(), store, options);
  }

  /** For another device: with the same choices where its adapter is the same, so that results are the same bit for bit. */
  async on(gpu: Gpu): Promise<Tuning> {
    if (nameOf(gpu) !== nameOf(this.#gpu)) return Tuning.create(gpu, this.#options);
    return new Tuning(gpu, this.#tuned, this.#store, this.#options);
  }

  get report(): TuningReport {
    return this.#report;
  }

  /** `"tuned in 3.2 s: 2 of 9 choices changed, at most 1.31x faster, 4 known from before"` */
  get text(): string {
    const { seconds, choices, known, left, kept } = this.#report;
    const changed = choices.filter(({ usual, best }) => usual !== best);
    const gain = Math.max(...changed.map(({ usualMs, bestMs }) => usualMs / bestMs));
    return [
      `tuned in ${seconds.toFixed(1)} s: ${changed.length} of ${choices.length} choices changed`,
      ...(changed.length > 0 ? [`at most ${gain.toFixed(2)}x faster`] : []),
      ...(known > 0 ? [`${known} known from before`] : []),
      ...(left > 0 ? [`${left} left for want of time`] : []),
      ...(choices.length > 0 && !kept ? ["not kept for the next time"] : []),
    ].join(", ");
  }

  /** Measures what a graph asks for and is not known, as long as there is time. */
  settle(graph: Graph, layout: VariableLayout): Promise<void> {
    return this.#turns.take(() => this.#settle(graph, layout));
  }

  async #settle(graph: Graph, layout: VariableLayout): Promise<void> {
    const { seconds, onProgress } = this.#options;
    const before = this.#report;
    const from = performance.now();
    const { choices, left } = await tuneGraph({
      gpu: this.#gpu,
      graph,
      layout,
      target: this.target,
      seconds: Math.max(0, seconds - before.seconds),
      onProgress,
    });
    for (const { key, best } of choices) this.#tuned.set(key, best);
    const kept = choices.length > 0 ? await this.#keep() : before.kept;
    this.#report = {
      seconds: before.seconds + (performance.now() - from) / 1000,
      choices: [...before.choices, ...choices],
      known: before.known,
      left: before.left + left,
      kept,
    };
  }

  async #keep(): Promise<boolean> {
    return (await this.#store?.write(nameOf(this.#gpu), encodeTuned(this.#tuned))) ?? false;
  }
}

function nameOf({ adapter }: Gpu): string {
  return [adapter.vendor, adapter.architecture, adapter.description].join("/");
}
