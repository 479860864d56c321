import { differentiate } from "../../src/core/autodiff.ts";
import { GraphError } from "../../src/core/errors.ts";
import { makeVariable, type Value } from "../../src/core/graph.ts";
import { type Shape, tensorType } from "../../src/core/types.ts";
import { relu } from "../../src/ops/activations.ts";
import { batchNorm } from "../../src/ops/batchNorm.ts";
import { softmaxCrossEntropy } from "../../src/ops/crossEntropy.ts";
import { add } from "../../src/ops/elementwise.ts";
import { adamOp, applyUpdate } from "../../src/ops/optimizers.ts";
import { avgPool2d, maxPool2d } from "../../src/ops/pool.ts";
import { sum } from "../../src/ops/reduce.ts";
import { concat } from "../../src/ops/shape.ts";
import { upsampleBilinear2d, upsampleNearest2d } from "../../src/ops/upsample.ts";
import { type CaseGraph, floatBytes, type KernelCase, labels, seeded, tensor } from "./kernelCase.ts";

/** Kernels whose time is that of their loads and stores. */
export function memoryCases(): KernelCase[] {
  return [
    ...[4, 64].map(elementwiseCase),
    ...batchNormCases([4, 128, 128, 16]),
    ...batchNormCases([4, 32, 32, 64]),
    ...poolCases("max pool 2x2", [4, 128, 128, 16], (x) => maxPool2d(x, { kernelSize: 2 })),
    ...poolCases("average pool 2x2", [64, 28, 28, 6], (x) => avgPool2d(x, { kernelSize: 2 })),
    growCase("nearest 2x", (x) => upsampleNearest2d(x, { scale: 2 })),
    growCase("bilinear 2x", (x) => upsampleBilinear2d(x, { scale: 2 })),
    concatCase([4, 128, 128, 16]),
    ...crossEntropyCases(65_536, 2),
    ...crossEntropyCases(128, 10),
    ...[482_449, 2 ** 22].map(adamCase),
    sumCase([4, 128, 128, 16]),
  ];
}

type MemoryCase = Pick<KernelCase, "name" | "bytes" | "build" | "part"> & { readonly pass?: string };

function memoryCase({ pass = "fwd", ...parts }: MemoryCase): KernelCase {
  return { ...parts, pass, family: "memory", flops: null };
}

function elementwiseCase(mebibytes: number): KernelCase {
  const shape = [mebibytes * 2 ** 18];
  return memoryCase({
    name: `relu ${mebibytes} MiB`,
    bytes: floatBytes(shape, shape),
    build: () => ({ outputs: { y: relu(tensor("x", shape)) } }),
  });
}

/** In training: the statistics and what follows them, together and apart; then the gradient. */
function batchNormCases(shape: Shape): KernelCase[] {
  const name = `batch norm ${shape.slice(1).join("x")} b${shape[0]}`;
  const channels = shape.at(-1) ?? 1;
  const running = (what: string) =>
    makeVariable({
      name: what,
      role: "statistic",
      type: tensorType([channels]),
      initial: { kind: "values", data: seeded(channels) },
    }).value;
  const normalize = () => {
    const [x, weight, bias] = [tensor("x", shape), tensor("weight", [channels]), tensor("bias", [channels])];
    const statistics = { runningMean: running("mean"), runningVariance: running("variance") };
    return { x, weight, bias, ...batchNorm(x, { weight, bias, ...statistics }) };
  };
  const forward = (): CaseGraph => {
    const { y, updates } = normalize();
    return { outputs: { y: relu(y) }, updates };
  };
  const backward = (): CaseGraph => {
    const { x, weight, bias, y } = normalize();
    return { before: { y }, ...gradientGraph(y, { dX: x, dWeight: weight, dBias: bias }) };
  };
  const image = floatBytes(shape);
  return [
    memoryCase({ name, pass: "statistics", bytes: image, part: "butLast", build: forward }),
    memoryCase({ name, pass: "apply+relu", bytes: 2 * image, part: "last", build: forward }),
    memoryCase({ name, pass: "fwd+relu", bytes: 3 * image, build: forward }),
    memoryCase({ name, pass: "dX", bytes: 5 * image, build: backward }),
  ];
}

function gradientGraph(y: Value, wrt: Readonly<Record<string, Value>>): CaseGraph {
  const gradients = differentiate(y, Object.values(wrt), add, tensor("dY", y.type.shape));
  const outputs = Object.keys(wrt).map((name, i) => {
    const gradient = gradients[i];
    if (!gradient) throw new GraphError({ where: name, seen: "no gradient", wanted: "one" });
    return [name, gradient] as const;
  });
  return { outputs: Object.fromEntries(outputs) };
}

/** Pooling by halves: a quarter of the values come out, and of a maximum where it was, which its gradient reads. */
function poolCases(pool: string, shape: Shape, apply: (x: Value) => Value): KernelCase[] {
  const name = `${pool} ${shape.slice(1).join("x")} b${shape[0]}`;
  const bytes = (pool.startsWith("max") ? 1.5 : 1.25) * floatBytes(shape);
  return [
    memoryCase({ name, bytes, build: () => ({ outputs: { y: apply(tensor("x", shape)) } }) }),
    memoryCase({
      name,
      pass: "dX",
      bytes,
      build() {
        const x = tensor("x", shape);
        const y = apply(x);
        return { before: { y }, ...gradientGraph(y, { dX: x }) };
      },
    }),
  ];
}

function growCase(name: string, apply: (x: Value) => Value): KernelCase {
  const shape = [4, 64, 64, 16];
  return memoryCase({
    name: `${name} ${shape.slice(1).join("x")} b4`,
    bytes: 5 * floatBytes(shape),
    build: () => ({ outputs: { y: apply(tensor("x", shape)) } }),
  });
}

function concatCase(shape: Shape): KernelCase {
  return memoryCase({
    name: `concat 2 of ${shape.slice(1).join("x")} b${shape[0]}`,
    bytes: 4 * floatBytes(shape),
    build: () => ({ outputs: { y: concat([tensor("a", shape), tensor("b", shape)]) } }),
  });
}

/** The loss, and the loss with its gradient by the logits, as training has them. */
function crossEntropyCases(rows: number, classes: number): KernelCase[] {
  const shape = [rows, classes];
  const name = `softmax cross-entropy ${rows}x${classes}`;
  const loss = () => {
    const x = tensor("logits", shape);
    return { x, y: softmaxCrossEntropy(x, labels("labels", rows, classes)) };
  };
  return [
    memoryCase({ name, bytes: floatBytes(shape, [rows]), build: () => ({ outputs: { loss: loss().y } }) }),
    memoryCase({
      name,
      pass: "fwd+dX",
      bytes: floatBytes(shape, shape, [rows]),
      build() {
        const { x, y } = loss();
        const [dX] = differentiate(y, [x], add);
        if (!dX) throw new GraphError({ where: name, seen: "no gradient", wanted: "one" });
        return { outputs: { loss: y, dX } };
      },
    }),
  ];
}

/** Reads parameters, gradients and two moments; writes all but the gradients. */
function adamCase(parameters: number): KernelCase {
  const shape = [parameters];
  const flat = (name: string, role: "parameter" | "frozen" | "slot", state?: string) =>
    makeVariable({
      name,
      role,
      type: tensorType(shape),
      initial: { kind: "values", data: state === "secondMoment" ? new Float32Array(parameters) : seeded(parameters) },
      ...(state === undefined ? {} : { state }),
    }).value;
  return memoryCase({
    name: `adam ${parameters}`,
    bytes: 7 * floatBytes(shape),
    build() {
      const hyper = makeVariable({
        name: "hyper",
        role: "data",
        type: tensorType([10]),
        initial: { kind: "values", data: Float32Array.of(0, 0, 0, 0.9, 0.1, 0.999, 0.001, 0.001, 1, 1e-8) },
      }).value;
      const updates = applyUpdate(adamOp, {
        hyper,
        parameters: [flat("w", "parameter")],
        gradients: [flat("g", "frozen")],
        states: {
          firstMoment: [flat("m", "slot", "firstMoment")],
          secondMoment: [flat("v", "slot", "secondMoment")],
        },
        clip: "none",
      });
      return { outputs: {}, updates };
    },
  });
}

function sumCase(shape: Shape): KernelCase {
  return memoryCase({
    name: `sum ${shape.slice(1).join("x")} b${shape[0]}`,
    bytes: floatBytes(shape),
    build: () => ({ outputs: { y: sum(tensor("x", shape)) } }),
  });
}
