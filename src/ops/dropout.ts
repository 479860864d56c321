import drop from "../../shaders/dropout/drop.wgsl";
import noise from "../../shaders/dropout/noise.wgsl";
import normal from "../../shaders/random/normal.wgsl";
import { type KernelCall, workgroupsFor } from "../core/call.ts";
import { GraphError, ShapeError } from "../core/errors.ts";
import { constant, type Value } from "../core/graph.ts";
import { applyOne, type LowerContext, type OpDef } from "../core/op.ts";
import { checkNames, checkNumber, checkWhole, whereIs } from "../core/options.ts";
import { type Shape, showShape, showType, sizeOf, type TensorType, tensorType, wantDType } from "../core/types.ts";
import { mul } from "./elementwise.ts";
import { type Lanes, laneShader, lanesFor } from "./lanes.ts";
import { epilogueOf } from "./map.ts";
import { hashName, normalUnits } from "./random.ts";

/**
 * Noise that regularizes a training: dropout (Srivastava et al. 2014), of elements, of whole channels (Tompson et al.
 * 2015) or of whole examples (stochastic depth, Huang et al. 2016), and additive Gaussian noise. The numbers are made on
 * the GPU by a counter-based generator and depend on (seed, stream, step, element) alone: the backward pass draws the
 * mask again instead of reading it, and a run repeats itself bit for bit.
 */
export interface RandomSource {
  /** u32 []: the number of the training step. */
  readonly step: Value;
  /** A whole number below 2^32. */
  readonly seed: number;
  /** A name; operators with the same seed and name draw the same numbers. */
  readonly stream: string;
}

export interface DropoutAttrs {
  readonly seed: number;
  readonly stream: string;
  /** Share of elements that become 0. */
  readonly rate: number;
  /** Factor of the others. */
  readonly scale: number;
}

/** y = x scale mask. It is linear in x, and its own adjoint. */
export const dropoutOp: OpDef<DropoutAttrs> = {
  name: "dropout",
  epilogue: true,
  infer([x, step], { seed, rate, scale }, where) {
    checkNumber(where, "rate", rate, (value) => value >= 0 && value < 1, "at least 0 and below 1");
    checkNumber(where, "scale", scale, Number.isFinite, "a finite number");
    return [checkRandom(where, x, step, seed)];
  },
  grad: ({ attrs, inputs: [, step], gradients: [dY] }) => [dY && step ? applyOne(dropoutOp, [dY, step], attrs) : null],
  lower(context) {
    const { rate, scale } = context.attrs;
    const lanes = lanesFor(context.outputs[0]?.type.shape.at(-1) ?? 1);
    // The step's key is drawn by each invocation: a CPU would rather do that seldom, a GPU have many invocations.
    const groups = context.target.software ? 8 : 1;
    const threshold = Math.min(2 ** 32 - 1, Math.round(rate * 2 ** 32));
    const calls = randomCall(context, "dropout", [drop], lanes, (groups * 8) / lanes, { threshold, scale });
    return calls.map((call) => ({ ...call, constants: { GROUPS: groups } }));
  },
};

export interface GaussianNoiseAttrs {
  readonly seed: number;
  readonly stream: string;
  readonly deviation: number;
}

/** y = x + N(0, deviation^2). */
export const gaussianNoiseOp: OpDef<GaussianNoiseAttrs> = {
  name: "gaussianNoise",
  epilogue: true,
  infer([x, step], { seed, deviation }, where) {
    checkNumber(where, "deviation", deviation, (value) => value >= 0, "0 or more");
    return [checkRandom(where, x, step, seed)];
  },
  grad: ({ gradients: [dY] }) => [dY ?? null],
  lower: (context) =>
    randomCall(context, "gaussianNoise", [noise, normal], 1, 1, { scale: context.attrs.deviation / normalUnits }),
};

const workgroupSize = 64;

function checkRandom(where: string, x: TensorType | undefined, step: TensorType | undefined, seed: number): TensorType {
  if (!x || !step) throw new GraphError({ where, seen: "too few inputs", wanted: "x and the step" });
  wantDType(where, "x", x, "f32");
  wantDType(where, "step", step, "u32");
  if (sizeOf(step.shape) !== 1) throw new ShapeError({ where, seen: `step ${showType(step)}`, wanted: "one number" });
  if (sizeOf(x.shape) === 0 || sizeOf(x.shape) > 2 ** 31) {
    throw new ShapeError({ where, seen: `x ${showType(x)}`, wanted: "from 1 to 2^31 elements" });
  }
  checkWhole(where, "seed", seed, 0, 0xffff_ffff);
  return x;
}

/** `each`: lanes of one invocation. */
function randomCall(
  {
    attrs: { seed, stream },
    inputs: [x, step],
    outputs: [y],
    epilogue,
  }: LowerContext<{ seed: number; stream: string }>,
  name: string,
  shaders: KernelCall["shaders"],
  lanes: Lanes,
  each: number,
  fields: Readonly<Record<string, number>>,
): KernelCall[] {
  if (!x || !step || !y) return [];
  const count = sizeOf(y.type.shape) / lanes;
  const end = epilogueOf(epilogue, y, lanes);
  return [
    {
      name,
      shaders: [...shaders, laneShader(lanes), ...end.shaders],
      params: { params: { count, ...fields }, streamKey: { seed, stream: hashName(stream) }, ...end.params },
      operands: { x, step, y, ...end.operands },
      workgroups: workgroupsFor(count, workgroupSize * each),
      flops: sizeOf(y.type.shape),
    },
  ];
}

export interface DropoutOptions extends RandomSource {
  /** Share of what is dropped, at least 0 and below 1. */
  readonly rate: number;
  /**
   * Default true: what is kept is divided by 1 - rate, so that nothing needs to be done after training. False: the
   * classic form, where the activations of the trained network are multiplied by 1 - rate (`scale(x, 1 - rate)`).
   */
  readonly inverted?: boolean;
}

const optionNames = ["step", "seed", "stream", "rate", "inverted"];

function attrsOf(where: string, { seed, stream, rate, inverted = true }: DropoutOptions): DropoutAttrs {
  // Checked here too, before 1 - rate is divided by.
  checkNumber(where, "rate", rate, (value) => value >= 0 && value < 1, "at least 0 and below 1");
  return { seed, stream, rate, scale: inverted ? 1 / (1 - rate) : 1 };
}

/** Drops elements. */
export function dropout(x: Value, options: DropoutOptions): Value {
  const where = whereIs("dropout");
  checkNames(where, options, optionNames);
  return applyOne(dropoutOp, [x, options.step], attrsOf(where, options));
}

/** Drops whole channels of an example: x [N, .., C], one draw for each of N and C. */
export function spatialDropout(x: Value, options: DropoutOptions): Value {
  const { shape } = x.type;
  return dropTogether("spatialDropout", x, options, (_, axis) => axis === 0 || axis === shape.length - 1);
}

/** Drops whole examples, x [N, ..]: stochastic depth, for the branch of a residual block. */
export function stochasticDepth(x: Value, options: DropoutOptions): Value {
  return dropTogether("stochasticDepth", x, options, (_, axis) => axis === 0);
}

/** One draw for all elements along the axes that are not `own`. */
function dropTogether(
  name: string,
  x: Value,
  options: DropoutOptions,
  own: (side: number, axis: number) => boolean,
): Value {
  const where = whereIs(name);
  checkNames(where, options, optionNames);
  const { shape } = x.type;
  if (shape.length < 2) throw new ShapeError({ where, seen: `x ${showShape(shape)}`, wanted: "[N, ..]" });
  const units: Shape = shape.map((side, axis) => (own(side, axis) ? side : 1));
  const ones = constant(tensorType(units), new Float32Array(sizeOf(units)).fill(1));
  return mul(x, applyOne(dropoutOp, [ones, options.step], attrsOf(where, options)));
}

export interface GaussianNoiseOptions extends RandomSource {
  /** Standard deviation. */
  readonly deviation: number;
}

/** Adds N(0, deviation^2) to each element. */
export function gaussianNoise(x: Value, options: GaussianNoiseOptions): Value {
  checkNames(whereIs("gaussianNoise"), options, ["step", "seed", "stream", "deviation"]);
  const { step, seed, stream, deviation } = options;
  return applyOne(gaussianNoiseOp, [x, step], { seed, stream, deviation });
}
