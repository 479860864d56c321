import math from "../../shaders/lib/math.wgsl";
import rowShader from "../../shaders/softmax/row.wgsl";
import rowGradShader from "../../shaders/softmax/rowGrad.wgsl";
import walkShader from "../../shaders/softmax/walk.wgsl";
import walkGradShader from "../../shaders/softmax/walkGrad.wgsl";
import { type KernelCall, type Operand, type Target, workgroupsFor } from "../core/call.ts";
import { GraphError, ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { applyOne, noSecondDerivatives, type OpDef } from "../core/op.ts";
import { checkNames, whereIs } from "../core/options.ts";
import type { ShaderModule } from "../core/shader.ts";
import {
  resolveAxis,
  type Shape,
  sameShape,
  showShape,
  showType,
  sizeOf,
  type TensorType,
  tensorType,
  wantDType,
} from "../core/types.ts";
import { laneShader, lanesFor } from "./lanes.ts";

/**
 * y = exp(x - m) / sum exp(x - m) along one axis, m the largest x there; or its logarithm, x - m - log(sum exp(x - m)).
 * Shapes: y as x, f32. No overflow for any finite x.
 */
export interface SoftmaxAttrs {
  readonly axis: number;
}

/** How the axis is walked: by one invocation alone, or by a workgroup with a tree in workgroup memory. */
export type SoftmaxKernel = "walk" | "row";

/**
 * A workgroup per row pays where rows are long and contiguous; on a CPU never, where barriers cost more than the work.
 * `target.force.softmax` overrides.
 */
export function softmaxKernel(extent: number, inner: number, target: Target): SoftmaxKernel {
  if (inner !== 1) return "walk";
  const forced = target.force?.softmax;
  if (forced === "walk" || forced === "row") return forced;
  return !target.software && extent >= 128 ? "row" : "walk";
}

interface LowerParts {
  readonly name: string;
  readonly shaders: Readonly<Record<SoftmaxKernel, ShaderModule>>;
  readonly log: boolean;
  readonly shape: Shape;
  readonly axis: number;
  readonly operands: Readonly<Record<string, Operand>>;
  readonly target: Target;
}

function lowerSoftmax({ name, shaders, log, shape, axis, operands, target }: LowerParts): KernelCall[] {
  const extent = shape[axis] ?? 1;
  const inner = sizeOf(shape.slice(axis + 1));
  const kernel = softmaxKernel(extent, inner, target);
  const lanes = kernel === "row" ? 1 : lanesFor(inner);
  const count = sizeOf(shape) / extent / lanes;
  return [
    {
      name,
      shaders: [shaders[kernel], math, laneShader(lanes)],
      constants: { LOG: log ? 1 : 0 },
      params: { params: kernel === "row" ? { count, extent } : { count, extent, inner: inner / lanes } },
      operands,
      workgroups: kernel === "row" ? count : workgroupsFor(count, 64),
      flops: 5 * sizeOf(shape),
    },
  ];
}

function checkInputs(types: readonly TensorType[], axis: number, where: string): TensorType {
  const [x, ...others] = types;
  if (!x) throw new GraphError({ where, seen: "no input", wanted: "1" });
  for (const type of types) wantDType(where, "x", type, "f32");
  resolveAxis(where, axis, x.shape.length);
  if (sizeOf(x.shape) === 0) throw new ShapeError({ where, seen: `shape ${showShape(x.shape)}`, wanted: "elements" });
  for (const type of others) {
    if (!sameShape(type.shape, x.shape)) {
      throw new ShapeError({ where, seen: `${showType(x)} and ${showType(type)}`, wanted: "equal shapes" });
    }
  }
  return tensorType(x.shape);
}

function forwardOp(name: string, log: boolean, gradient: () => OpDef<SoftmaxAttrs>): OpDef<SoftmaxAttrs> {
  return {
    name,
    infer: (types, { axis }, where) => [checkInputs(types, axis, where)],
    grad: ({ attrs, outputs: [y], gradients: [dy] }) => [y && dy ? applyOne(gradient(), [y, dy], attrs) : null],
    lower({ attrs: { axis }, inputs: [x], outputs: [y], target }) {
      if (!x || !y) return [];
      const shaders = { walk: walkShader, row: rowShader };
      return lowerSoftmax({ name, shaders, log, shape: x.type.shape, axis, operands: { x, y }, target });
    },
  };
}

function gradientOp(name: string, log: boolean): OpDef<SoftmaxAttrs> {
  return {
    name: `${name}Grad`,
    noGradient: noSecondDerivatives,
    infer: (types, { axis }, where) => [checkInputs(types, axis, where)],
    lower({ attrs: { axis }, inputs: [y, dy], outputs: [dx], target }) {
      if (!y || !dy || !dx) return [];
      const shaders = { walk: walkGradShader, row: rowGradShader };
      const operands = { y, dy, dx };
      return lowerSoftmax({ name: `${name}Grad`, shaders, log, shape: y.type.shape, axis, operands, target });
    },
  };
}

export const softmaxOp = /* @__PURE__ */ forwardOp("softmax", false, () => softmaxGradOp);
export const softmaxGradOp = /* @__PURE__ */ gradientOp("softmax", false);
export const logSoftmaxOp = /* @__PURE__ */ forwardOp("logSoftmax", true, () => logSoftmaxGradOp);
export const logSoftmaxGradOp = /* @__PURE__ */ gradientOp("logSoftmax", true);

export interface SoftmaxOptions {
  /** Default: the last. */
  readonly axis?: number;
}

/**
 * exp(x) / sum exp(x) along an axis, of x less its largest element, so that nothing overflows.
 * @example
 * softmax(logits).type.shape; // => [5, 10]
 */
export function softmax(x: Value, options: SoftmaxOptions = {}): Value {
  return alongAxis(softmaxOp, x, options);
}

/**
 * x - log sum exp(x) along an axis: the logarithm of `softmax`, exact where that is too small for f32.
 * @example
 * const loss = nllLoss(logSoftmax(logits), classes);
 */
export function logSoftmax(x: Value, options: SoftmaxOptions = {}): Value {
  return alongAxis(logSoftmaxOp, x, options);
}

function alongAxis(op: OpDef<SoftmaxAttrs>, x: Value, options: SoftmaxOptions): Value {
  const where = whereIs(op.name);
  checkNames(where, options, ["axis"]);
  return applyOne(op, [x], { axis: resolveAxis(where, options.axis ?? -1, x.type.shape.length) });
}
