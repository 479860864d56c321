import { differentiate } from "../../src/core/autodiff.ts";
import { FormatError } from "../../src/core/errors.ts";
import { input, makeGraph, type Value, type Variable } from "../../src/core/graph.ts";
import { sizeOf, tensorType } from "../../src/core/types.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { type TensorData, Variables } from "../../src/gpu/variables.ts";
import { softmaxCrossEntropy } from "../../src/ops/crossEntropy.ts";
import { add } from "../../src/ops/elementwise.ts";
import { plan } from "../../src/passes/index.ts";
import { type Comparison, compare, equal, merge } from "./compare.ts";
import type { GoldenTensor, GoldenTensors, TrainCase } from "./format.ts";
import { channelsLast, inverse, permute } from "./layout.ts";
import { type Arrangement, type GoldenModel, models, toEngine, toReference } from "./models.ts";
import { optimizerOf, parameter, update } from "./step.ts";

interface Weight {
  readonly arrangement: Arrangement;
  readonly variable: Variable;
}

/**
 * A whole training run from the reference's first weights: the loss of every step, the gradients of the first, the
 * weights after the last, and the logits of the first batch then. Null where the engine lacks the model or optimizer.
 */
export async function runTrain(gpu: Gpu, trainCase: TrainCase): Promise<Comparison | null> {
  const model = models[trainCase.model];
  const optimizer = optimizerOf(trainCase.optimizer, trainCase.attrs);
  if (!model || !optimizer) return null;
  const weights = weightsOf(model, trainCase.initial);
  const { logits, loss, gradients } = network(model, weights, trainCase);
  const parameters = [...weights.values()].map(({ variable }) => variable);
  const { updates, slots, hyper } = update(optimizer, parameters, [...gradients.values()]);

  const variables = new Variables(gpu, [...parameters, ...slots]);
  const compile = (name: string, outputs: Record<string, Value>, changes: readonly Value[]) =>
    CommandGraph.compile(plan(makeGraph(name, outputs, changes), variables.layout, gpu.target), variables);
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
    const training = await compile("training", { loss, ...Object.fromEntries(gradients) }, updates);
    training.poison();
    let worst = equal;
    for (let step = 0; step < trainCase.steps; step++) {
      training.write("x", batchOf(trainCase, step));
      training.write("labels", Int32Array.from(partOf(trainCase.labels, step)));
      training.write("hyper", hyper(step));
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
    const readWeight = (name: string) => variables.read(entryOf(weights, name).variable);
    worst = merge(worst, await compareWeights("final", trainCase.final, readWeight));
    if (!trainCase.evalLogits) return worst;

    const evaluation = await compile("evaluation", { logits }, []);
    evaluation.write("x", batchOf(trainCase, 0));
    evaluation.run();
    const { shape } = logits.type;
    const data = Float32Array.from(await evaluation.read("logits"));
    evaluation.dispose();
    const got = permute({ shape, data }, inverse(channelsLast(shape.length)));
    return merge(worst, compare("eval_logits_batch0_after_training", got, trainCase.evalLogits));
  } finally {
    variables.dispose();
  }
}

function weightsOf(model: GoldenModel, initial: GoldenTensors): Map<string, Weight> {
  const entries = Object.entries(initial).map(([name, { shape, data }]) => {
    const arrangement = model.arrange(name, shape);
    const variable = parameter(name, toEngine(arrangement, Float32Array.from(data)));
    return [name, { arrangement, variable }] as const;
  });
  return new Map(entries);
}

/** Logits, mean cross-entropy, and its gradients by the weights' names. */
function network(model: GoldenModel, weights: ReadonlyMap<string, Weight>, { images, labels }: TrainCase) {
  const planes = images.shape.slice(1);
  const x = input("x", tensorType(channelsLast(planes.length).map((axis) => planes[axis] ?? 0)));
  const logits = model.logits(x, (name) => entryOf(weights, name).variable.value);
  const loss = softmaxCrossEntropy(logits, input("labels", tensorType(labels.shape.slice(1), "i32")));
  const wrt = [...weights.values()].map(({ variable }) => variable.value);
  const gradients = new Map<string, Value>();
  for (const [i, value] of differentiate(loss, wrt, add).entries()) {
    const name = [...weights.keys()][i] ?? "";
    if (!value) throw new FormatError({ seen: `weight ${name}`, wanted: "only weights that the model has" });
    gradients.set(name, value);
  }
  return { logits, loss, gradients };
}

function entryOf(weights: ReadonlyMap<string, Weight>, name: string): Weight {
  const entry = weights.get(name);
  if (!entry) throw new FormatError({ seen: `no initial weight ${name}`, wanted: "one" });
  return entry;
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
