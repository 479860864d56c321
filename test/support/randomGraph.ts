import { differentiate } from "../../src/core/autodiff.ts";
import { makeVariable, type Value, type Variable } from "../../src/core/graph.ts";
import { type Shape, sizeOf, type TensorType, tensorType } from "../../src/core/types.ts";
import { RandomStream } from "../../src/data/random.ts";
import { sgd } from "../../src/nn/optimizers.ts";
import { batchNorm } from "../../src/ops/batchNorm.ts";
import { dropout } from "../../src/ops/dropout.ts";
import * as ops from "../../src/ops/functions.ts";
import { numbers, tensor } from "./run.ts";

/** A training step of a random network: its loss, something that it makes on the way, its gradients. */
export interface RandomGraph {
  readonly outputs: Readonly<Record<string, Value>>;
  readonly updates: readonly Value[];
  readonly variables: readonly Variable[];
  /** A line for each operation, to see what a failing graph is made of. */
  readonly steps: readonly string[];
}

/** Draws a network of so many operations on images, each of which reads what earlier ones made. */
export function randomGraph(seed: number, length: number): RandomGraph {
  const draw = new Draw(seed);
  const lines: string[] = [];
  while (draw.made.length <= length) {
    const name = draw.pick(Object.keys(steps));
    const y = steps[name]?.(draw, draw.recent());
    if (!y || sizeOf(y.type.shape) > 4000) continue;
    draw.made.push(y);
    lines.push(`${name} -> [${y.type.shape}]`);
  }
  const loss = draw.made
    .slice(-3)
    .map((y) => lossOf(draw, y))
    .reduce((sum, term) => ops.add(sum, term));
  const parameters = draw.variables.map((variable) => variable.value);
  const gradients = differentiate(loss, parameters, ops.add).map(
    (dW, i) => dW ?? ops.zerosLike(parameters[i] as Value),
  );
  // After the first step the velocity is the gradient.
  const velocities = draw.variables.map(({ name, type }) => slotOf(name, type));
  const optimizer = sgd({ momentum: 0.9 });
  const hyper = optimizer.hyper(1, 0.1);
  const updates = optimizer.update(tensor([hyper.length], hyper), parameters, gradients, {
    velocity: velocities.map((variable) => variable.value),
  });
  const outputs = {
    loss,
    // It has another reader, and must be stored as it is.
    seen: draw.pick(draw.made.slice(1)),
    ...Object.fromEntries(velocities.map(({ name, value }) => [name, value])),
  };
  return { outputs, updates, variables: [...draw.variables, ...velocities], steps: lines };
}

function lossOf(draw: Draw, y: Value): Value {
  const [rows, classes] = [sizeOf(y.type.shape.slice(0, -1)), y.type.shape.at(-1) ?? 1];
  if (classes > 1 && draw.stream.below(2) === 0) {
    const labels = Array.from({ length: rows }, () => draw.stream.below(classes));
    return ops.softmaxCrossEntropy(ops.reshape(y, [rows, classes]), tensor([rows], labels, "i32"));
  }
  return ops.mean(ops.mul(y, tensor(y.type.shape, numbers(sizeOf(y.type.shape), draw.stream.uint32()))));
}

function slotOf(name: string, type: TensorType): Variable {
  const initial = { kind: "values", data: new Float32Array(sizeOf(type.shape)) } as const;
  return makeVariable({ name: `d${name}`, role: "slot", state: "velocity", type, initial });
}

class Draw {
  readonly stream: RandomStream;
  readonly variables: Variable[] = [];
  readonly made: Value[];

  constructor(seed: number) {
    this.stream = new RandomStream(seed);
    const shape = [this.pick([1, 2, 3]), this.pick([5, 6, 8, 9]), this.pick([4, 7, 8]), this.pick([1, 2, 3, 4, 6, 8])];
    this.made = [this.parameter(shape)];
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.stream.below(choices.length)] as T;
  }

  /** One of the last three values: most are read once, some by several. */
  recent(): Value {
    return this.made[Math.max(0, this.made.length - 1 - this.stream.below(3))] as Value;
  }

  /** A variable of random numbers about `centre`, or one of this shape that is there. */
  parameter(shape: Shape, scale = 1, centre = 0): Value {
    const shared = this.variables.filter(({ type }) => type.shape.join() === shape.join());
    if (shared.length > 0 && this.stream.below(4) === 0) return this.pick(shared).value;
    const data = numbers(sizeOf(shape), this.stream.uint32()).map((value) => centre + scale * value);
    const name = `w${this.variables.length}`;
    const variable = makeVariable({
      name,
      role: "parameter",
      type: tensorType(shape),
      initial: { kind: "values", data },
    });
    this.variables.push(variable);
    return variable.value;
  }

  /** A variable that is multiplied with `terms` numbers, and keeps them about as large as they are. */
  factors(shape: Shape, terms: number): Value {
    return this.parameter(shape, 1.7 / Math.sqrt(terms));
  }
}

/** Functions that keep numbers within bounds, and have their kinks where random numbers are not. */
const unary: Readonly<Record<string, (x: Value) => Value>> = {
  relu: ops.relu,
  leakyRelu: (x) => ops.leakyRelu(x, { negativeSlope: 0.2 }),
  elu: ops.elu,
  gelu: ops.gelu,
  sigmoid: ops.sigmoid,
  tanh: ops.tanh,
  silu: ops.silu,
  softplus: ops.softplus,
  softsign: ops.softsign,
  mish: ops.mish,
  abs: ops.abs,
  neg: ops.neg,
  scale: (x) => ops.scale(x, 0.5),
  addScalar: (x) => ops.addScalar(x, 0.3),
  clamp: (x) => ops.clamp(x, { min: -0.83, max: 1.21 }),
  stopGradient: ops.stopGradient,
  softmax: ops.softmax,
};

const binary = [ops.add, ops.sub, ops.mul, ops.maximum, ops.minimum];

const sidesOf = (x: Value) => x.type.shape as [n: number, h: number, w: number, c: number];
const isWide = (x: Value) => x.type.shape.slice(1, 3).every((side) => side >= 4);
const isSmall = (x: Value) => x.type.shape.slice(1, 3).reduce((area, side) => area * side) <= 64;

const sides = [0, 1, 0, 0].map((before, axis) => [before, axis === 2 ? 2 : 0] as const);

/** The kinds of step, each drawn as often; null where the value does not suit it. */
const steps: Readonly<Record<string, (draw: Draw, x: Value) => Value | null>> = {
  unary: (draw, x) => unary[draw.pick(Object.keys(unary))]?.(x) ?? null,
  activation: (draw, x) => draw.pick([ops.relu, ops.tanh, ops.sigmoid])(x),
  withAnother(draw, x) {
    const others = draw.made.filter((value) => value !== x && value.type.shape.join() === x.type.shape.join());
    if (others.length === 0) return null;
    return draw.pick(binary)(x, draw.pick(others));
  },
  withParameter(draw, x) {
    const [n, h, w, c] = sidesOf(x);
    const other = draw.parameter(draw.pick([[c], [1], [h, w, 1], [n, 1, 1, c]]));
    const op = draw.pick(binary);
    return draw.stream.below(2) === 0 ? op(x, other) : op(other, x);
  },
  conv2d: convolved,
  conv2dAgain: convolved,
  conv2dTranspose(draw, x) {
    if (!isSmall(x)) return null;
    const [, , , c] = sidesOf(x);
    const [f, side, strides] = [draw.pick([1, 2, 4]), draw.pick([2, 3]), draw.pick([1, 2])];
    const kernel = draw.factors([side, side, f, c], side * side * c);
    return ops.conv2dTranspose(x, kernel, draw.parameter([f], 0.3), { strides });
  },
  dense(draw, x) {
    const [, , , c] = sidesOf(x);
    const units = draw.pick([1, 3, 4, 8]);
    return ops.dense(x, draw.factors([c, units], c), draw.parameter([units], 0.3));
  },
  pool(draw, x) {
    const padding = draw.pick(["same", "valid"] as const);
    const options = { kernelSize: draw.pick([2, 3]), strides: draw.pick([1, 2]), padding };
    return isWide(x) ? draw.pick([ops.maxPool2d, ops.avgPool2d])(x, options) : null;
  },
  batchNorm(draw, x) {
    const [n, h, w, c] = sidesOf(x);
    if (n * h * w < 16) return null;
    return batchNorm(x, { weight: draw.parameter([c], 0.5, 1), bias: draw.parameter([c], 0.5) }).y;
  },
  groupNorm(draw, x) {
    const [, h, w, c] = sidesOf(x);
    if (h * w < 8) return null;
    const groups = c % 2 === 0 ? draw.pick([1, 2]) : 1;
    return ops.groupNorm(x, { groups, weight: draw.parameter([c], 0.5, 1), bias: draw.parameter([c], 0.5) });
  },
  concat(draw, x) {
    const place = x.type.shape.slice(0, 3).join();
    const other = draw.pick(draw.made.filter((value) => value.type.shape.slice(0, 3).join() === place));
    const y = ops.concat([x, other]);
    return sidesOf(y)[3] > 16 ? null : y;
  },
  pad: (draw, x) => ops.pad(x, sides, { mode: isWide(x) ? draw.pick(["constant", "reflect"]) : "constant" }),
  slice(_, x) {
    const [n, h, w, c] = sidesOf(x);
    return isWide(x) ? ops.slice(x, [0, 1, 0, 0], [n, h, w - 1, c]) : null;
  },
  upsample(draw, x) {
    if (!isSmall(x)) return null;
    return draw.pick([ops.upsampleNearest2d, ops.upsampleBilinear2d])(x, { scale: 2 });
  },
  gate(draw, x) {
    const [, , , c] = sidesOf(x);
    const squeezed = ops.mean(x, { axis: [1, 2], keepDims: true });
    return ops.mul(x, ops.sigmoid(ops.dense(squeezed, draw.factors([c, c], c), draw.parameter([c]))));
  },
  turned(draw, x) {
    const [n, h, w, c] = sidesOf(x);
    return draw.stream.below(2) === 0 ? ops.reshape(x, [n, w, h, c]) : ops.permute(x, [0, 2, 1, 3]);
  },
  dropout: (draw, x) =>
    dropout(x, { step: tensor([], [3], "u32"), seed: 5, stream: `drop${draw.made.length}`, rate: 0.3 }),
};

function convolved(draw: Draw, x: Value): Value | null {
  const [, h, w, c] = sidesOf(x);
  const groups = draw.pick([1, 1, 1, ...[2, 3, c].filter((count) => c % count === 0 && count <= 12)]);
  const f = groups * draw.pick([1, 2, 3, 4].filter((count) => count * groups <= 12));
  const [kh, kw] = [draw.pick([1, 2, 3]), draw.pick([1, 3, 5])];
  const padding = draw.pick(["same", "same", "valid"] as const);
  const strides = isWide(x) ? draw.pick([1, 1, 2, [1, 2], 3]) : 1;
  const dilations = isWide(x) ? draw.pick([1, 1, 1, 2]) : 1;
  if (padding === "valid" && (2 * kh > h || 2 * kw > w)) return null;
  const bias = draw.stream.below(2) === 0 ? draw.parameter([f], 0.3) : null;
  const kernel = draw.factors([kh, kw, c / groups, f], (kh * kw * c) / groups);
  return ops.conv2d(x, kernel, bias, { strides, padding, dilations, groups });
}
