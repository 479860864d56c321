import { TrainingError } from "../core/errors.ts";
import type { Graph } from "../core/graph.ts";
import { checkNames } from "../core/options.ts";
import type { Plan } from "../core/plan.ts";
import { type Shape, sizeOf } from "../core/types.ts";
import type { Dataset } from "../data/imageDataset.ts";
import type { CommandGraph } from "../gpu/commandGraph.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { restoreCopy } from "../gpu/hostCopy.ts";
import type { CommandEncoder } from "../gpu/lent.ts";
import { plan } from "../passes/index.ts";
import { mergeLayouts } from "../passes/layout.ts";
import { type Compiled, type CompileOptions, compile, moveCompiled } from "./compile.ts";
import { type EvaluateOptions, type Evaluation, evaluate } from "./evaluate.ts";
import { Fit, type FitOptions } from "./fit.ts";
import { Forward, type ForwardOptions } from "./forward.ts";
import type { Layer, SymbolicTensor } from "./layer.ts";
import { Network, type NetworkOptions, stack } from "./network.ts";
import { type PredictOptions, predict } from "./predict.ts";
import type { Position, TrainingSnapshot } from "./snapshot.ts";
import { trainStep } from "./steps.ts";
import { Trainer, type TrainerOptions } from "./trainer.ts";
import type { TuningReport } from "./tuning.ts";

/**
 * A network that can be trained: Keras' compile, fit, evaluate, predict. What else there is to do with
 * it is a function that takes it, so that an app that does not use it does not carry it: `summary`, `saveWeights`,
 * `loadWeights`, `saveCheckpoint`, `loadCheckpoint`.
 * @example
 * const model = sequential({ inputShape: [28, 28, 1], layers: [flatten(), dense({ units: 10 })] });
 * await model.compile({ gpu, optimizer: sgd({ learningRate: 0.01 }), loss: "sparseCategoricalCrossentropy" });
 * for await (const { epoch, loss } of model.fit(data, { epochs: 2 })) console.log(epoch, loss);
 * const { accuracy, confusion } = await model.evaluate(data);
 * console.log(summary(model));
 * model.dispose();
 */
export class Model extends Network {
  /** Updates made since compile. */
  stepsDone = 0;
  /** Number of the last epoch that was finished since compile. */
  epochsDone = 0;
  /** Steps done of the epoch under way; 0 between epochs. */
  epochStep = 0;
  #compiled: Compiled | null = null;
  /** The pass that was prepared last. */
  #forward: Forward | null = null;
  readonly #trunkOf: Model | null;

  /** With `trunkOf`, weights of layers that are shared with that model start from what it has learned. */
  constructor(options: NetworkOptions & { readonly trunkOf?: Model }) {
    super(options);
    this.#trunkOf = options.trunkOf ?? null;
  }

  /**
   * What `compile` made, if it was called.
   * @internal
   */
  get made(): Compiled | null {
    return this.#compiled;
  }

  /**
   * @throws TrainingError before `compile`.
   * @internal
   */
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
    const compiled = await compile(this, options, this.#earlier());
    this.dispose();
    this.#compiled = compiled;
    this.goTo({ step: 0, epoch: 0, epochStep: 0 });
    return this;
  }

  /**
   * Goes over to another device, for one that is lost, with weights and optimizer state as they were in the snapshot.
   * Data sets follow when they are next used; a forward pass is to be prepared again.
   * @internal
   */
  async moveTo(gpu: Gpu, { values, position }: TrainingSnapshot): Promise<void> {
    this.#compiled = await moveCompiled(this.compiled, gpu);
    this.#forward = null;
    restoreCopy(this.#compiled.store, values);
    this.goTo(position);
  }

  /**
   * How far the training is.
   * @internal
   */
  get position(): Position {
    return { step: this.stepsDone, epoch: this.epochsDone, epochStep: this.epochStep };
  }

  /** @internal */
  goTo({ step, epoch, epochStep }: Position): void {
    this.stepsDone = step;
    this.epochsDone = epoch;
    this.epochStep = epochStep;
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

  /**
   * Trains: a promise of the history, and an async iterator of the progress; see `Fit`.
   * @throws TrainingError before `compile`, and where a loss is no number, whose step it names; GraphError on an option
   * that is no such
   * @example
   * const { losses } = await model.fit(data, { epochs: 2, batchSize: 16, validationSplit: 0.25 });
   */
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
   * @example
   * const { loss, accuracy, confusion } = await model.evaluate(data, { batchSize: 32 });
   */
  evaluate(data: Dataset, options: EvaluateOptions = {}): Promise<Evaluation> {
    return evaluate(this, data, options);
  }

  /**
   * The network's output for examples [n, ..input shape], as numbers in one array, [n, ..output shape].
   * @throws TrainingError before `compile`; ShapeError on numbers that are no whole examples
   * @example
   * const logits = await model.predict(new Float32Array(2 * 28 * 28));
   * logits.length; // => 20
   */
  predict(x: Float32Array, options: PredictOptions = {}): Promise<Float32Array> {
    return predict(this, x, options);
  }

  /**
   * Prepares a forward pass on buffers that stay on the GPU, for an app that has its own commands; see `Forward`.
   * @throws GraphError on a buffer that cannot be bound
   * @example
   * const forward = await model.forward({ batchSize: 8 });
   * forward.outputShape; // => [8, 10]
   */
  async forward(options: ForwardOptions = {}): Promise<Forward> {
    this.#forward = await Forward.create(this, options);
    return this.#forward;
  }

  /**
   * Records the forward pass that was prepared last into an encoder of the app's, without a submit: it reads
   * `forward.x` and writes `forward.y`. @throws TrainingError before `await model.forward(..)`
   */
  encode(encoder: CommandEncoder): void {
    if (!this.#forward) {
      throw new TrainingError({
        where: `${this.name ?? "model"}/encode`,
        seen: "no forward pass",
        wanted: "one that is prepared",
        mend: "const forward = await model.forward({ batchSize: 1 }); its x and y are where input and output lie.",
      });
    }
    this.#forward.encode(encoder);
  }

  /** The device that it is on: another one after a training has outlived a lost one. @throws TrainingError before `compile` */
  get gpu(): Gpu {
    return this.compiled.gpu;
  }

  /** What tuning found and took; null where the model was compiled without. */
  get tuning(): TuningReport | null {
    return this.#compiled?.tuning?.report ?? null;
  }

  /**
   * The plan of one training step on this data set: dispatches, flops, bytes. No GPU work is done.
   * @example
   * const { calls, flops, peakBytes } = model.trainPlan(data, 32);
   */
  trainPlan(data: Dataset, batchSize: number): Plan {
    const { store, recompute, target } = this.compiled;
    const layout = mergeLayouts([store.layout, data.store.layout]);
    return plan(this.#trainGraph(data, batchSize), layout, target, { recompute });
  }

  /**
   * The compiled training step for batches of a data set; made once for each.
   * @internal
   */
  trainCommands(data: Dataset, batchSize: number): Promise<CommandGraph> {
    const { commands, recompute } = this.compiled;
    return commands.get(`train/${batchSize}`, data, () => this.#trainGraph(data, batchSize), { recompute });
  }

  #trainGraph(data: Dataset, batchSize: number): Graph {
    const { state, loss, optimizer, seed } = this.compiled;
    return trainStep({ network: this, state, loss, seed }, optimizer, (cursor) => data.batch(cursor, batchSize));
  }

  /** @internal */
  resetTotals(which: "trainTotals" | "testTotals"): void {
    const { state, store } = this.compiled;
    const { lossSum, counts, confusion } = state[which];
    for (const variable of [lossSum, counts, ...(confusion ? [confusion] : [])]) {
      store.write(variable, new Uint32Array(sizeOf(variable.type.shape)));
    }
  }

  /** Frees the GPU memory of weights and steps. The device stays. */
  dispose(): void {
    this.#compiled?.commands.dispose();
    this.#compiled?.store.dispose();
    this.#compiled = null;
  }
}

/**
 * A stack of layers, each fed by the one before.
 * @throws ShapeError, at the layer that does not take what the one before makes
 * @example
 * const classifier = sequential({
 *   inputShape: [28, 28, 1],
 *   layers: [conv2d({ filters: 8, kernelSize: 3, activation: "relu" }), flatten(), dense({ units: 10 })],
 * });
 * classifier.parameterCount; // => 54170
 */
export function sequential(options: {
  readonly name?: string | undefined;
  /** Of one example, without the batch: [height, width, channels]. */
  readonly inputShape: Shape;
  readonly layers: readonly Layer[];
}): Model {
  checkNames("sequential", options, ["name", "inputShape", "layers"]);
  const { name, inputShape, layers } = options;
  return new Model({ name, ...stack(inputShape, layers) });
}

/**
 * A graph of layers, from inputs to outputs: what a layer's `apply` returns is applied to further layers.
 * @throws GraphError where an output needs an input that is not listed
 * @example
 * const y = conv2d({ filters: 1, kernelSize: 3, padding: "same" }).apply(image);
 * const residual = model({ inputs: image, outputs: add().apply(image, y) });
 * residual.outputs.map(({ shape }) => shape); // => [[28, 28, 1]]
 */
export function model(options: {
  readonly name?: string | undefined;
  readonly inputs: SymbolicTensor | readonly SymbolicTensor[];
  readonly outputs: SymbolicTensor | readonly SymbolicTensor[];
}): Model {
  checkNames("model", options, ["name", "inputs", "outputs"]);
  const list = (symbols: SymbolicTensor | readonly SymbolicTensor[]) =>
    "layer" in symbols ? [symbols] : (symbols as readonly SymbolicTensor[]);
  const { name, inputs, outputs } = options;
  return new Model({ name, inputs: list(inputs), outputs: list(outputs) });
}
