import { GraphError } from "../core/errors.ts";
import type { Graph } from "../core/graph.ts";
import type { Dataset } from "../data/imageDataset.ts";
import { CommandGraph } from "../gpu/commandGraph.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { type PlanOptions, plan } from "../passes/index.ts";
import { mergeLayouts } from "../passes/layout.ts";
import type { Compiled } from "./compile.ts";

/** The graphs that a model runs, each planned and compiled when it is first asked for. They share the model's slots. */
export class Commands {
  readonly #compiled: Pick<Compiled, "store" | "tuning" | "target" | "onCompile">;
  /** With the data set that each reads from, whose store keeps its arrays in host memory. */
  readonly #made = new Map<string, { readonly data: Dataset | null; readonly graph: Promise<CommandGraph> }>();
  readonly #datasets = new WeakMap<Dataset, number>();
  #count = 0;

  constructor(compiled: Pick<Compiled, "store" | "tuning" | "target" | "onCompile">) {
    this.#compiled = compiled;
  }

  /** The graph of this name, for a data set that it reads from or none; what differs must differ in name. */
  get(name: string, data: Dataset | null, build: () => Graph, options: PlanOptions = {}): Promise<CommandGraph> {
    this.#drop(({ data }) => data?.store.isDisposed ?? false);
    const { store, tuning, target, onCompile } = this.#compiled;
    if (data) bring(data, store.gpu);
    const key = data ? `${name}/${this.#idOf(data)}` : name;
    const known = this.#made.get(key);
    if (known) return known.graph;
    const shared = data ? [data.store] : [];
    const layout = mergeLayouts([store, ...shared].map((variables) => variables.layout));
    const described = build();
    const compile = () =>
      CommandGraph.compile(plan(described, layout, target, options), store, { shared, onProgress: onCompile });
    const graph = tuning ? tuning.settle(described, layout).then(compile) : compile();
    this.#made.set(key, { data, graph });
    // A build that fails is not remembered, so that the next call says why again.
    graph.catch(() => this.#made.delete(key));
    return graph;
  }

  dispose(): void {
    this.#drop(() => true);
  }

  #drop(isPast: (made: { readonly data: Dataset | null }) => boolean): void {
    for (const [key, made] of this.#made) {
      if (!isPast(made)) continue;
      this.#made.delete(key);
      // A build that failed has nothing to free.
      made.graph.then(
        (graph) => graph.dispose(),
        () => {},
      );
    }
  }

  #idOf(data: Dataset): number {
    const id = this.#datasets.get(data) ?? this.#count++;
    this.#datasets.set(data, id);
    return id;
  }
}

/**
 * Data whose device is lost follow the model to its own.
 * @throws GraphError where they lie on another that is not, or nowhere any more
 */
function bring(data: Dataset, gpu: Gpu): void {
  const { name, store } = checkAlive(data);
  if (store.gpu.device === gpu.device) return;
  if (!store.gpu.isLost) {
    throw new GraphError({
      where: name,
      seen: "data on another device than the model's",
      wanted: "one device for both",
      mend: "Give compile the Gpu that the data set was made with.",
    });
  }
  store.moveTo(gpu);
}

/** A data set that still has its tensors. @throws GraphError where it was disposed */
export function checkAlive(data: Dataset): Dataset {
  if (!data.store.isDisposed) return data;
  throw new GraphError({ where: data.name, seen: "a data set that was disposed", wanted: "one that was not" });
}
