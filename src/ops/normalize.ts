import applyShader from "../../shaders/norm/apply.wgsl";
import gradientApply from "../../shaders/norm/gradientApply.wgsl";
import { type KernelCall, type Target, workgroupsFor } from "../core/call.ts";
import type { Program } from "../core/expression.ts";
import { scratch, type Value } from "../core/graph.ts";
import type { BoundProgram } from "../core/op.ts";
import { tensorType } from "../core/types.ts";
import { type Lanes, laneShader, lanesFor } from "./lanes.ts";
import { epilogueOf } from "./map.ts";
import { coefficientCalls, sizeOfView, statisticsCalls, tableParams, tableShader } from "./normalizeSums.ts";
import { prologueOf } from "./prologue.ts";

/**
 * The kernels of all normalizations: y = (x - mean) / sqrt(variance + epsilon), where mean and (biased) variance are
 * those of a group of values. x is seen as [items, steps, channels]; a group is all steps of neighbouring channels of
 * one item. Forward: statistics of groups, y. Backward: a table of coefficients, dX. How the sums are made: normalizeSums.ts.
 */
export interface NormView {
  readonly items: number;
  readonly steps: number;
  readonly channels: number;
  /** Either one channel each, or all channels together, or something between. */
  readonly groups: number;
  readonly lanes: Lanes;
}

/** A view with `groups` groups among the channels. */
export function normView(items: number, steps: number, channels: number, groups: number): NormView {
  if (groups === channels) return { items, steps, channels, groups, lanes: lanesFor(channels) };
  if (groups > 1) return { items, steps, channels, groups, lanes: lanesFor(channels / groups) };
  // One group is a row of values: all its vectors are steps.
  const lanes = lanesFor(steps * channels);
  return { items, steps: (steps * channels) / lanes, channels: lanes, groups, lanes };
}

/** Shape of the statistics of each group: the mean's high and low part, the variance, and y's scale and shift. */
export function statisticsShape({ items, groups }: NormView): number[] {
  return [5, items, groups];
}

/** Invocations of a workgroup of the last stages. */
const applyWorkgroup = 256;

/** Steps that one invocation computes at the end, while its channels' numbers are at hand: loading them is dear on a CPU. */
function rowsAtOnce({ steps }: NormView, { software }: Target): number {
  const wanted = software ? 8 : 4;
  return Math.min(wanted, 2 ** Math.floor(Math.log2(steps)));
}

export interface ForwardParts {
  readonly view: NormView;
  readonly epsilon: number;
  readonly x: Value;
  readonly y: Value;
  readonly statistics: Value;
  /** For each channel. */
  readonly affine: { readonly weight: Value; readonly bias: Value } | null;
  /** Statistics to overwrite. */
  readonly running: { readonly mean: Value; readonly variance: Value; readonly momentum: number } | null;
  readonly epilogue: BoundProgram | null;
}

export function lowerNormalize(name: string, parts: ForwardParts, target: Target): KernelCall[] {
  return [...statisticsCalls(name, parts, target), applyCall(name, parts, target)];
}

export type ApplyParts = Pick<ForwardParts, "view" | "x" | "y" | "statistics" | "epilogue">;

/** y from x and statistics that are there. */
export function applyCall(name: string, { view, x, y, statistics, epilogue }: ApplyParts, target: Target): KernelCall {
  const runs = runsOf(view, y, target);
  const end = epilogueOf(epilogue, y, view.lanes);
  return {
    name: `${name}/apply`,
    shaders: [applyShader, tableShader(view), laneShader(view.lanes), ...end.shaders],
    constants: runs.constants,
    params: { params: runs.params, tableShape: tableParams(view), ...end.params },
    operands: { x, table: statistics, y, ...end.operands },
    workgroups: runs.workgroups,
    flops: 3 * sizeOfView(view),
  };
}

export interface BackwardParts {
  readonly view: NormView;
  readonly epsilon: number;
  readonly x: Value;
  readonly dY: Value;
  readonly statistics: Value;
  /** Null where only the gradients of weight and bias are wanted. */
  readonly dX: Value | null;
  readonly affine: { readonly weightGradient: Value; readonly biasGradient: Value } | null;
  /** What dY and y make of dY as it is read. */
  readonly prologue: Program | null;
  readonly epilogue: BoundProgram | null;
}

export function lowerNormalizeGradient(name: string, parts: BackwardParts, target: Target): KernelCall[] {
  const { view, x, dY, dX } = parts;
  const coefficients = scratch(tensorType([5, view.items, view.groups]));
  const calls = coefficientCalls(name, parts, coefficients, target);
  if (!dX) return calls;
  const runs = runsOf(view, dX, target);
  const end = epilogueOf(parts.epilogue, dX, view.lanes);
  calls.push({
    name: `${name}/apply`,
    shaders: [gradientApply, tableShader(view), ...prologueOf(parts.prologue, view.lanes), ...end.shaders],
    constants: runs.constants,
    params: { params: runs.params, tableShape: tableParams(view), ...end.params },
    operands: { x, table: coefficients, dY, dX, ...end.operands },
    workgroups: runs.workgroups,
    flops: 5 * sizeOfView(view),
  });
  return calls;
}

/** What the last stages share: an invocation for each lane of channels of each run of steps. */
function runsOf(view: NormView, result: Value, target: Target) {
  const { items, steps, lanes } = view;
  const rows = rowsAtOnce(view, target);
  const runs = Math.ceil(steps / rows);
  const channels = view.channels / lanes;
  const count = items * runs * channels;
  return {
    constants: { ROWS: rows, CHANNEL_IS_COLUMN: view.channels === result.type.shape.at(-1) ? 1 : 0 },
    params: { count, steps, runs, channels },
    workgroups: workgroupsFor(count, applyWorkgroup),
  };
}
