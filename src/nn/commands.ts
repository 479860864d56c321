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
  readonly #made = new Map<string, Promise<CommandGraph>>();
  readonly #datasets = new Map<Dataset, number>();

  constructor(compiled: Pick<Compiled, "store" | "tuning" | "target" | "onCompile">) {
    this.#compiled = compiled;
  }

  /** The graph of this name, for a data set that it reads from or none; what differs must differ in name. */
  get(name: string, data: Dataset | null, build: () => Graph, options: PlanOptions = {}): Promise<CommandGraph> {
    const key = data ? `${name}/${this.#idOf(data)}` : name;
    const known = this.#made.get(key);
    if (known) return known;
    const { store, tuning, target, onCompile } = this.#compiled;
    if (data) bring(data, store.gpu);
    const shared = data ? [data.store] : [];
    const layout = mergeLayouts([store, ...shared].map((variables) => variables.layout));
    const graph = build();
    const compile = () =>
      CommandGraph.compile(plan(graph, layout, target, options), store, { shared, onProgress: onCompile });
    const made = tuning ? tuning.settle(graph, layout).then(compile) : compile();
    this.#made.set(key, made);
    // A build that fails is not remembered, so that the next call says why again.
    made.catch(() => this.#made.delete(key));
    return made;
  }

  dispose(): void {
    // A build that failed has nothing to free.
    for (const commands of this.#made.values()) {
      commands.then(
        (graph) => graph.dispose(),
        () => {},
      );
    }
    this.#made.clear();
  }

  #idOf(data: Dataset): number {
    const id = this.#datasets.get(data) ?? this.#datasets.size;
    this.#datasets.set(data, id);
    return id;
  }
}

/** Data whose device is lost follow the model to its own. @throws GraphError where they lie on another that is not */
function bring({ name, store }: Dataset, gpu: Gpu): void {
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
