import type { Target } from "../core/call.ts";
import { GraphError, ShapeError, TrainingError } from "../core/errors.ts";
import type { Graph, Variable } from "../core/graph.ts";
import type { Plan } from "../core/plan.ts";
import { type Shape, showShape, sizeOf } from "../core/types.ts";
import type { Dataset } from "../data/imageDataset.ts";
import { CommandGraph } from "../gpu/commandGraph.ts";
import { Gpu } from "../gpu/gpu.ts";
import type { Progress as CompileProgress } from "../gpu/pipelines.ts";
import type { Variables } from "../gpu/variables.ts";
import type { AucOptions } from "../ops/auc.ts";
import { checkNames, checkWord } from "../ops/options.ts";
import { type PlanOptions, plan } from "../passes/index.ts";
import { mergeLayouts } from "../passes/layout.ts";
import { type Recompute, recomputePolicies } from "../passes/recomputeChoice.ts";
import { loadCheckpoint, type Notes, saveCheckpoint } from "./checkpoint.ts";
import { Fit, type FitOptions } from "./fit.ts";
import type { Layer, SymbolicTensor } from "./layer.ts";
import { type Loss, type LossName, lossOf } from "./losses.ts";
import { type Auc, aucOf } from "./metrics.ts";
import { Network, type NetworkOptions, stack } from "./network.ts";
import type { Optimizer } from "./optimizers.ts";
import { copyWeights, initializeState, makeState, type State } from "./state.ts";
import { evaluateStep, predictStep, trainStep } from "./steps.ts";
import { type SummaryOptions, summarize } from "./summary.ts";
import { checkCount, Trainer, type TrainerOptions } from "./trainer.ts";
import { type TuneOptions, Tuning, type TuningReport } from "./tuning.ts";
import { loadVariables, saveVariables } from "./weightFiles.ts";

export interface CompileOptions {
  readonly optimizer: Optimizer;
  readonly loss: LossName | Loss;
  /** The device to train on; made by us unless given. */
  readonly gpu?: Gpu;
  /** Of the first weights, of the order of the data and of dropout. Default 0. */
  readonly seed?: number;
  /**
   * Gradient checkpointing: the training step keeps fewer activations, and makes them again when their gradients are due,
   * bit for bit. `"cheap"`: those that take few flops (elementwise functions, normalization, pooling); `"all"`: any, also
   * convolutions. `summary` says what it saves and costs. Default: every activation is kept.
   */
  readonly recompute?: Recompute;
  /**
   * Measure, before a graph is compiled, which variants of its kernels are the fastest on this device, and keep that for the
   * next time. Results stay the same up to the order of sums. Default: false, estimates.
   */
  readonly tune?: boolean | TuneOptions;
  /** How many pipelines are ready, of how many. */
  readonly onCompile?: CompileProgress;
}

/** What `compile` made. */
export interface Compiled extends Required<Pick<CompileOptions, "optimizer" | "gpu" | "seed">> {
  readonly loss: Loss;
  readonly state: State;
  readonly store: Variables;
  readonly recompute: Recompute | null;
  /** Null where the choice of kernels goes by estimates. */
  readonly tuning: Tuning | null;
  /** What kernels are chosen for. */
  readonly target: Target;
  readonly onCompile: CompileProgress | undefined;
}

export interface Evaluation {
  readonly loss: number;
  readonly accuracy: number;
  /** Row = label, column = answer; counts. */
  readonly confusion: readonly (readonly number[])[];
  /** Area under the ROC curve, where it was asked for. */
  readonly auc?: Auc;
}

export interface EvaluateOptions {
  /** Default 32. */
  readonly batchSize?: number;
  /** The area under the ROC curve too: of the last class against the others, or of that of the options. Default: false. */
  readonly auc?: boolean | Pick<AucOptions, "positiveClass">;
}

/** A network that can be trained: Keras' compile, fit, evaluate, predict, summary. */
export class Model extends Network {
  /** Updates made since compile. */
  stepsDone = 0;
  /** Number of the last epoch that was finished since compile. */
  epochsDone = 0;
  #compiled: Compiled | null = null;
  readonly #commands = new Map<string, Promise<CommandGraph>>();
  readonly #datasets = new Map<Dataset, number>();
  readonly #trunkOf: Model | null;

  /** With `trunkOf`, weights of layers that are shared with that model start from what it has learned. */
  constructor(options: NetworkOptions & { readonly trunkOf?: Model }) {
    super(options);
    this.#trunkOf = options.trunkOf ?? null;
  }

  /** @throws TrainingError before `compile`. */
  get compiled(): Compiled {
    if (!this.#compiled) {
      throw new TrainingError({
        where: this.name ?? "model",
        seen: "a model that is not compiled",
        wanted: "compile first",
        mend: "await model.compile({ optimizer: sgd({ learningRate: 0.01 }), loss: .. })",
      });
    }
    return this.#compiled;
  }

  /**
   * Gives the weights their place on the GPU and their first values: drawn from the seed, or those of the model whose
   * trunk this one has. Compiling again keeps the weights and starts the optimizer afresh, so that layers can be frozen
   * and rates changed on the way.
   */
  async compile(options: CompileOptions): Promise<this> {
    checkNames("compile", options, ["optimizer", "loss", "gpu", "seed", "recompute", "tune", "onCompile"]);
    const { optimizer, loss, gpu, seed = 0, recompute = null, tune = false, onCompile } = options;
    if (recompute !== null) checkWord("compile", "recompute", recompute, recomputePolicies);
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
      throw new GraphError({ where: "compile", seen: `seed ${seed}`, wanted: "a whole number from 0 to 4294967295" });
    }
    const before = this.#earlier();
    const device = gpu ?? before?.gpu ?? (await Gpu.create());
    const tuning = tune === false ? null : await Tuning.create(device, tune);
    const { target } = tuning ?? device;
    const state = makeState(this, optimizer);
    const store = await initializeState(device, state, seed);
    if (before) await copyWeights(before, { state, store });
    this.dispose();
    this.#compiled = {
      optimizer,
      loss: lossOf(loss),
      gpu: device,
      seed,
      state,
      store,
      recompute,
      tuning,
      target,
      onCompile,
    };
    this.stepsDone = 0;
    this.epochsDone = 0;
    return this;
  }

  /** Where the first values come from, if not from the seed alone. */
  #earlier(): Compiled | null {
    const trained = this.#trunkOf;
    if (this.#compiled || !trained) return this.#compiled;
    if (trained.#compiled) return trained.#compiled;
    throw new TrainingError({
      where: `${this.name ?? "model"}/compile`,
      seen: `the trunk of ${trained.name ?? "a model"} that is not compiled`,
      wanted: "a compiled model, whose weights are taken",
      mend: "Compile and train it, or load its weights, and dispose it only after this compile.",
    });
  }

  /** Trains; see `Fit`. */
  fit(data: Dataset, options: FitOptions = {}): Fit {
    return new Fit(this, data, options);
  }

  /** Training by the step, for a loop of your own; see `Trainer`. */
  trainer(data: Dataset, options: TrainerOptions = {}): Promise<Trainer> {
    return Trainer.create(this, data, options);
  }

  /**
   * Loss, accuracy and confusion matrix over a whole data set.
   * @throws TrainingError where labels are outside the classes of the model
   */
  async evaluate(data: Dataset, options: EvaluateOptions = {}): Promise<Evaluation> {
    checkNames("evaluate", options, ["batchSize", "auc"]);
    const { batchSize = 32, auc = false } = options;
    checkCount("evaluate", "batchSize", batchSize);
    const { state, loss, store } = this.compiled;
    const scored = typeof auc === "object" ? auc : auc ? {} : undefined;
    const key = `evaluate/${this.#idOf(data)}/${batchSize}/${scored ? (scored.positiveClass ?? "auc") : ""}`;
    const commands = await this.#commandsFor(key, [data.store], () =>
      evaluateStep({ network: this, state, loss }, (cursor) => data.batch(cursor, batchSize), scored),
    );
    this.resetTotals("testTotals");
    store.write(state.testScores, new Uint32Array(sizeOf(state.testScores.type.shape)));
    for (let first = 0; first < data.count; first += batchSize) {
      commands.write("cursor", Uint32Array.of(first, 0, 0, 0));
      commands.write("step", Uint32Array.of(0));
      commands.run();
      // Evaluations are submitted whole; a breath now and then keeps the page alive.
      if ((first / batchSize) % 16 === 15) await this.compiled.gpu.device.queue.onSubmittedWorkDone();
    }
    const [sum = 0] = await commands.read("lossSum");
    const [right = 0, rows = 0] = await commands.read("counts");
    const counts = await commands.read("confusion");
    const classes = Math.sqrt(counts.length);
    const confusion = Array.from({ length: classes }, (_, row) => [
      ...counts.subarray(row * classes, (row + 1) * classes),
    ]);
    // A row has a place in the matrix, unless its label is no class.
    const outside = rows - confusion.flat().reduce((placed, count) => placed + count, 0);
    if (loss.labels !== "values" && outside > 0) {
      throw new TrainingError({
        where: `${this.name ?? "model"}/evaluate`,
        seen: `${outside} of ${rows} labels of ${data.name} outside the model's classes`,
        wanted: `labels from 0 to ${classes - 1}`,
        mend: "Give the last layer an output for each class, or leave a class out (ignoreClass).",
      });
    }
    return {
      loss: sum / rows,
      accuracy: loss.labels === "values" ? Number.NaN : right / rows,
      confusion,
      ...(scored ? { auc: aucOf(await commands.read("auc")) } : {}),
    };
  }

  /** The network's output for examples [n, ..input shape], as numbers in one array. */
  async predict(x: Float32Array, options: { readonly batchSize?: number } = {}): Promise<Float32Array> {
    checkNames("predict", options, ["batchSize"]);
    const { batchSize = 32 } = options;
    checkCount("predict", "batchSize", batchSize);
    const { state } = this.compiled;
    const size = sizeOf(this.inputs[0]?.shape ?? []);
    if (x.length === 0 || x.length % size !== 0) {
      throw new ShapeError({
        where: `${this.name ?? "model"}/predict`,
        seen: `${x.length} numbers`,
        wanted: `a multiple of ${size}, for examples of ${showShape(this.inputs[0]?.shape ?? [])}`,
      });
    }
    const commands = await this.#commandsFor(`predict/${batchSize}`, [], () => predictStep(this, state, batchSize));
    const parts: number[] = [];
    for (let first = 0; first < x.length; first += batchSize * size) {
      const batch = new Float32Array(batchSize * size);
      const given = x.subarray(first, first + batchSize * size);
      batch.set(given);
      commands.write("x", batch);
      commands.run();
      const y = await commands.read("y");
      for (const value of y.subarray(0, (y.length * given.length) / batch.length)) parts.push(value);
    }
    return Float32Array.from(parts);
  }

  /** The table of layers, the totals, and, once compiled, what a training step takes. */
  summary(options: SummaryOptions = {}): string {
    return summarize(this, this.#compiled, options);
  }

  /** What tuning found and took; null where the model was compiled without. */
  get tuning(): TuningReport | null {
    return this.#compiled?.tuning?.report ?? null;
  }

  /** The plan of one training step on this data set: dispatches, flops, bytes. No GPU work is done. */
  trainPlan(data: Dataset, batchSize: number): Plan {
    const { store, recompute, target } = this.compiled;
    const layout = mergeLayouts([store.layout, data.store.layout]);
    return plan(this.#trainGraph(data, batchSize), layout, target, { recompute });
  }

  /** The compiled training step for batches of a data set; made once for each. */
  trainCommands(data: Dataset, batchSize: number): Promise<CommandGraph> {
    const key = `train/${this.#idOf(data)}/${batchSize}`;
    const { recompute } = this.compiled;
    return this.#commandsFor(key, [data.store], () => this.#trainGraph(data, batchSize), { recompute });
  }

  #trainGraph(data: Dataset, batchSize: number): Graph {
    const { state, loss, optimizer, seed } = this.compiled;
    return trainStep({ network: this, state, loss, seed }, optimizer, (cursor) => data.batch(cursor, batchSize));
  }

  resetTotals(which: "trainTotals" | "testTotals"): void {
    const { state, store } = this.compiled;
    const { lossSum, counts, confusion } = state[which];
    for (const variable of [lossSum, counts, ...(confusion ? [confusion] : [])]) {
      store.write(variable, new Uint32Array(sizeOf(variable.type.shape)));
    }
  }

  /** Name, shape and values of every weight, in order: the values are read from the GPU. */
  async readWeight(variable: Variable): Promise<Float32Array> {
    return (await this.compiled.store.read(variable)) as Float32Array;
  }

  /** All weights as a safetensors file. */
  saveWeights(): Promise<Uint8Array<ArrayBuffer>> {
    const { state, store } = this.compiled;
    return saveVariables(store, state.variables.values());
  }

  /** Takes the weights of a safetensors file; every name and shape must be this model's, else nothing is changed. */
  async loadWeights(file: Uint8Array | ReadableStream<Uint8Array>): Promise<void> {
    const { state, store } = this.compiled;
    await loadVariables("loadWeights", store, state.variables.values(), file);
  }

  /**
   * Weights, optimizer state and position as a safetensors file: `fit` goes on from it bit for bit. Notes are texts of
   * your own that go with it.
   */
  saveCheckpoint(notes: Notes = {}): Promise<Uint8Array<ArrayBuffer>> {
    return saveCheckpoint(this.compiled, { step: this.stepsDone, epoch: this.epochsDone }, notes);
  }

  /** Takes a checkpoint; then `fit(data, { epochs, initialEpoch: model.epochsDone })` goes on. Returns its notes. */
  async loadCheckpoint(file: Uint8Array | ReadableStream<Uint8Array>): Promise<Notes> {
    const { step, epoch, notes } = await loadCheckpoint(this.compiled, file);
    this.stepsDone = step;
    this.epochsDone = epoch;
    return notes;
  }

  /** Frees the GPU memory of weights and steps. The device stays. */
  dispose(): void {
    for (const commands of this.#commands.values()) void commands.then((graph) => graph.dispose());
    this.#commands.clear();
    this.#compiled?.store.dispose();
    this.#compiled = null;
  }

  #idOf(data: Dataset): number {
    const id = this.#datasets.get(data) ?? this.#datasets.size;
    this.#datasets.set(data, id);
    return id;
  }

  #commandsFor(
    key: string,
    shared: readonly Variables[],
    build: () => Graph,
    options: PlanOptions = {},
  ): Promise<CommandGraph> {
    const known = this.#commands.get(key);
    if (known) return known;
    const { store, tuning, target, onCompile } = this.compiled;
    const layout = mergeLayouts([store, ...shared].map((variables) => variables.layout));
    const graph = build();
    const compile = () =>
      CommandGraph.compile(plan(graph, layout, target, options), store, { shared, onProgress: onCompile });
    const made = tuning ? tuning.settle(graph, layout).then(compile) : compile();
    this.#commands.set(key, made);
    // A build that fails is not remembered, so that the next call says why again.
    made.catch(() => this.#commands.delete(key));
    return made;
  }
}

/** A stack of layers. */
export function sequential(options: {
  readonly name?: string;
  /** Of one example, without the batch: [height, width, channels]. */
  readonly inputShape: Shape;
  readonly layers: readonly Layer[];
}): Model {
  const { name, inputShape, layers } = options;
  return new Model({ ...(name === undefined ? {} : { name }), ...stack(inputShape, layers) });
}

/** A graph of layers, from symbols: `const x = input([28, 28, 1]); model({ inputs: x, outputs: dense({..}).apply(x) })`. */
export function model(options: {
  readonly name?: string;
  readonly inputs: SymbolicTensor | readonly SymbolicTensor[];
  readonly outputs: SymbolicTensor | readonly SymbolicTensor[];
}): Model {
  const list = (symbols: SymbolicTensor | readonly SymbolicTensor[]) =>
    "layer" in symbols ? [symbols] : (symbols as readonly SymbolicTensor[]);
  const { name, inputs, outputs } = options;
  return new Model({ ...(name === undefined ? {} : { name }), inputs: list(inputs), outputs: list(outputs) });
}
