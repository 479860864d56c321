import { differentiate } from "../../src/core/autodiff.ts";
import { FormatError } from "../../src/core/errors.ts";
import { input, makeGraph, type Value, type Variable } from "../../src/core/graph.ts";
import { showShape, sizeOf, tensorType } from "../../src/core/types.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import type { TensorData } from "../../src/gpu/variables.ts";
import type { Network } from "../../src/nn/network.ts";
import type { Optimizer } from "../../src/nn/optimizers.ts";
import { rateAt } from "../../src/nn/schedules.ts";
import { callContext, initializeState, makeState, type State } from "../../src/nn/state.ts";
import { softmaxCrossEntropy } from "../../src/ops/crossEntropy.ts";
import { add } from "../../src/ops/elementwise.ts";
import { plan } from "../../src/passes/index.ts";
import { poisonSlots } from "../support/poisonSlots.ts";
import { type Comparison, compare, equal, merge } from "./compare.ts";
import type { GoldenTensor, GoldenTensors, TrainCase } from "./format.ts";
import { channelsLast, inverse, permute } from "./layout.ts";
import { type Arrangement, type GoldenModel, models, referenceName, toEngine, toReference } from "./models.ts";
import { optimizerOf } from "./step.ts";

interface Weight {
  readonly arrangement: Arrangement;
  readonly variable: Variable;
}

/**
 * A whole training run from the reference's first weights: the loss of every step, the gradients of the first, the
 * weights and running statistics after the last, and the logits of the first batch then. Null where the engine lacks
 * the model or the optimizer.
 */
export async function runTrain(gpu: Gpu, trainCase: TrainCase): Promise<Comparison | null> {
  const model = models[trainCase.model];
  const optimizer = optimizerOf(trainCase.optimizer, trainCase.attrs);
  if (!model || !optimizer) return null;
  const network = model.build(imageShape(trainCase).slice(1), trainCase.initial);
  const state = makeState(network, optimizer);
  const weights = weightsOf(model, state, trainCase.initial);
  const store = await initializeState(gpu, state, 0);
  for (const [name, { arrangement, variable }] of weights) {
    store.write(variable, toEngine(arrangement, Float32Array.from(trainCase.initial[name]?.data ?? [])).data);
  }
  const compile = (name: string, { outputs, updates }: Step) =>
    CommandGraph.compile(plan(makeGraph(name, outputs, updates), store.layout, gpu.target), store);
  const compareWeights = async (part: string, wanted: GoldenTensors, read: (name: string) => Promise<TensorData>) => {
    let worst = equal;
    for (const [name, want] of Object.entries(wanted)) {
      const { arrangement } = entryOf(weights, name);
      const data = toReference(arrangement, Float32Array.from(await read(name)));
      worst = merge(worst, compare(`${part}.${name}`, { shape: want.shape, data }, want));
    }
    return worst;
  };
  try {
    const training = await compile("training", trainingStep(network, state, weights, optimizer, trainCase));
    poisonSlots(training);
    let worst = equal;
    for (let step = 0; step < trainCase.steps; step++) {
      training.write("x", batchOf(trainCase, step));
      training.write("labels", Int32Array.from(partOf(trainCase.labels, step)));
      training.write("hyper", optimizer.hyper(step + 1, rateAt(optimizer.learningRate, step)));
      training.run();
      const got = { shape: [], data: await training.read("loss") };
      const want = { shape: [], data: [trainCase.losses[step] ?? Number.NaN], tol: trainCase.lossTol[step] ?? 0 };
      worst = merge(worst, compare(`losses[${step}]`, got, want));
      if (step > 0) continue;
      // The first gradients are the strictest test of all, so a failure of theirs is the one to tell.
      const first = await compareWeights("grads_step0", trainCase.gradsStep0, (name) => training.read(name));
      worst = merge(first, worst);
    }
    training.dispose();
    const readWeight = (name: string) => store.read(entryOf(weights, name).variable);
    worst = merge(worst, await compareWeights("final", trainCase.final, readWeight));
    if (!trainCase.evalLogits) return worst;

    const logits = network.call([imagesOf(trainCase)], callContext(state, false, []));
    const evaluation = await compile("evaluation", { outputs: { logits }, updates: [] });
    evaluation.write("x", batchOf(trainCase, 0));
    evaluation.run();
    const { shape } = logits.type;
    const data = Float32Array.from(await evaluation.read("logits"));
    evaluation.dispose();
    const got = permute({ shape, data }, inverse(channelsLast(shape.length)));
    return merge(worst, compare("eval_logits_batch0_after_training", got, trainCase.evalLogits));
  } finally {
    store.dispose();
  }
}

/** The network's weights by the reference's names, which must be the same. */
function weightsOf(model: GoldenModel, state: State, initial: GoldenTensors): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  for (const named of state.weights) {
    const name = referenceName(named);
    const variable = state.variables.get(named.weight);
    const given = initial[name];
    if (!given || !variable) throw new FormatError({ seen: `no initial weight ${name}`, wanted: "one" });
    const arrangement = model.arrange(name, given.shape);
    if (arrangement.engineShape.join() !== named.weight.shape.join()) {
      const seen = `initial weight ${name} of shape ${showShape(given.shape)}`;
      throw new FormatError({ seen, wanted: `one for ${named.name} ${showShape(named.weight.shape)}` });
    }
    weights.set(name, { arrangement, variable });
  }
  const foreign = Object.keys(initial).filter((name) => !weights.has(name));
  if (foreign.length > 0) {
    throw new FormatError({ seen: `weight ${foreign.join(", ")}`, wanted: "only weights that the model has" });
  }
  return weights;
}

interface Step {
  readonly outputs: Readonly<Record<string, Value>>;
  readonly updates: readonly Value[];
}

/** Loss (mean cross-entropy) and gradients by the weights' names; the optimizer's updates and running statistics. */
function trainingStep(
  network: Network,
  state: State,
  weights: ReadonlyMap<string, Weight>,
  optimizer: Optimizer,
  trainCase: TrainCase,
): Step {
  const updates: Value[] = [];
  const logits = network.call([imagesOf(trainCase)], callContext(state, true, updates));
  const labels = input("labels", tensorType(trainCase.labels.shape.slice(1), "i32"));
  const loss = softmaxCrossEntropy(logits, labels);
  const parameters = state.parameters.map((variable) => variable.value);
  const gradients = differentiate(loss, parameters, add).map((gradient, i) => {
    if (gradient) return gradient;
    throw new FormatError({ seen: `no gradient of ${state.parameters[i]?.name}`, wanted: "one of every parameter" });
  });
  const slots = Object.entries(state.slots).map(([name, variables]) => [name, variables.map(({ value }) => value)]);
  const hyper = input("hyper", tensorType([optimizer.hyperSize]));
  updates.push(...optimizer.update(hyper, parameters, gradients, Object.fromEntries(slots)));
  const outputs: Record<string, Value> = { loss };
  for (const [name, { variable }] of weights) {
    const gradient = gradients[state.parameters.indexOf(variable)];
    if (gradient) outputs[name] = gradient;
  }
  return { outputs, updates };
}

function entryOf(weights: ReadonlyMap<string, Weight>, name: string): Weight {
  const entry = weights.get(name);
  if (!entry) throw new FormatError({ seen: `no initial weight ${name}`, wanted: "one" });
  return entry;
}

/** [N, H, W, C] of a batch. */
function imageShape({ images }: TrainCase): number[] {
  const planes = images.shape.slice(1);
  return channelsLast(planes.length).map((axis) => planes[axis] ?? 0);
}

function imagesOf(trainCase: TrainCase): Value {
  return input("x", tensorType(imageShape(trainCase)));
}

/** The numbers of one step. */
function partOf({ shape, data }: GoldenTensor, step: number) {
  const size = sizeOf(shape.slice(1));
  return data.subarray(step * size, (step + 1) * size);
}

/** x = u8 / 128 - 1, exact in f32; [batch, H, W, C]. */
function batchOf({ images }: TrainCase, step: number) {
  const shape = images.shape.slice(1);
  const data = Float32Array.from(partOf(images, step), (byte) => byte / 128 - 1);
  return permute({ shape, data }, channelsLast(shape.length)).data;
}
