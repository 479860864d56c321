import affine from "../../shaders/batchNorm/affine.wgsl";
import gradientAffine from "../../shaders/batchNorm/gradientAffine.wgsl";
import running from "../../shaders/batchNorm/running.wgsl";
import applyShader from "../../shaders/norm/apply.wgsl";
import gradientApply from "../../shaders/norm/gradientApply.wgsl";
import gradientPlain from "../../shaders/norm/gradientPlain.wgsl";
import gradientSums from "../../shaders/norm/gradientSums.wgsl";
import gradientTable from "../../shaders/norm/gradientTable.wgsl";
import joinAlone from "../../shaders/norm/joinAlone.wgsl";
import joinWorkgroup from "../../shaders/norm/joinWorkgroup.wgsl";
import keepNothing from "../../shaders/norm/keepNothing.wgsl";
import moments from "../../shaders/norm/moments.wgsl";
import plain from "../../shaders/norm/plain.wgsl";
import statisticsShader from "../../shaders/norm/statistics.wgsl";
import tableByChannel from "../../shaders/norm/tableByChannel.wgsl";
import tableByGroup from "../../shaders/norm/tableByGroup.wgsl";
import { type KernelCall, type Target, workgroupsFor } from "../core/call.ts";
import { scratch, type Value } from "../core/graph.ts";
import type { BoundProgram } from "../core/op.ts";
import { tensorType } from "../core/types.ts";
import { type Lanes, laneShader, lanesFor } from "./lanes.ts";
import { epilogueOf } from "./map.ts";

/**
 * The kernels of all normalizations: y = (x - mean) / sqrt(variance + epsilon), where mean and (biased) variance are
 * those of a group of values. x is seen as [items, steps, channels]; a group is all steps of neighbouring channels of
 * one item. Forward: moments of slices, statistics of groups, y. Backward: sums of slices, a table of coefficients, dX.
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

/** Shape of the statistics: the mean's high and low part, and the variance, of each group. */
export function statisticsShape({ items, groups }: NormView): number[] {
  return [3, items, groups];
}

/** Invocations of a workgroup of the first and second stages, and of the last ones, `apply`. */
const workgroupSize = 64;
const applyWorkgroup = 256;
/** A slice shorter than this is not worth its place in the second stage. */
const shortestSlice = 16;
/** Beyond so many parts of one sum, a workgroup shares it. */
const longSum = 64;

function slicesOf({ items, steps, channels, lanes }: NormView, { software }: Target): number {
  const busy = software ? 1024 : 16_384;
  const wanted = Math.ceil(busy / (items * (channels / lanes)));
  return Math.max(1, Math.min(wanted, 1024, Math.ceil(steps / shortestSlice)));
}

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
  const { view, epsilon, x, y, statistics, running: update } = parts;
  const sliced = slicedCall(view, target);
  const runs = runsOf(view, y, target);
  const end = epilogueOf(parts.epilogue, y, view.lanes);
  return [
    {
      ...sliced.call,
      name: `${name}/moments`,
      shaders: [moments, laneShader(view.lanes)],
      constants: { OWN_SHIFT: view.groups === view.channels ? 1 : 0 },
      operands: { x, partial: sliced.partial },
      flops: 6 * sizeOfView(view),
    },
    {
      ...groupCall(view, sliced.slices, target, update ? running : keepNothing, statisticsShader),
      name: `${name}/statistics`,
      params: {
        params: { ...groupParams(view), slices: sliced.slices },
        ...(update ? { running: { momentum: update.momentum } } : {}),
      },
      operands: {
        x,
        partial: sliced.partial,
        statistics,
        ...(update ? { runningMean: update.mean, runningVariance: update.variance } : {}),
      },
    },
    {
      name: `${name}/apply`,
      shaders: [applyShader, parts.affine ? affine : plain, tableShader(view), laneShader(view.lanes), ...end.shaders],
      constants: runs.constants,
      params: { params: { ...runs.params, epsilon }, tableShape: tableParams(view), ...end.params },
      operands: { x, table: statistics, y, ...parts.affine, ...end.operands },
      workgroups: runs.workgroups,
      flops: 3 * sizeOfView(view),
    },
  ];
}

export interface BackwardParts {
  readonly view: NormView;
  readonly epsilon: number;
  readonly x: Value;
  readonly dY: Value;
  readonly statistics: Value;
  /** Null where only the gradients of weight and bias are wanted. */
  readonly dX: Value | null;
  readonly affine: { readonly weight: Value; readonly weightGradient: Value; readonly biasGradient: Value } | null;
  readonly epilogue: BoundProgram | null;
}

export function lowerNormalizeGradient(name: string, parts: BackwardParts, target: Target): KernelCall[] {
  const { view, epsilon, x, dY, statistics, dX } = parts;
  const sliced = slicedCall(view, target);
  const coefficients = scratch(tensorType([4, view.items, view.groups]));
  const calls: KernelCall[] = [
    {
      ...sliced.call,
      name: `${name}/sums`,
      shaders: [gradientSums, tableShader(view), laneShader(view.lanes)],
      params: { ...sliced.call.params, tableShape: tableParams(view) },
      operands: { x, table: statistics, dY, partial: sliced.partial },
      flops: 4 * sizeOfView(view),
    },
    {
      ...groupCall(view, sliced.slices, target, parts.affine ? gradientAffine : gradientPlain, gradientTable),
      name: `${name}/table`,
      params: { params: { ...groupParams(view), slices: sliced.slices, epsilon } },
      operands: { partial: sliced.partial, statistics, coefficients, ...parts.affine },
    },
  ];
  if (!dX) return calls;
  const runs = runsOf(view, dX, target);
  const end = epilogueOf(parts.epilogue, dX, view.lanes);
  calls.push({
    name: `${name}/apply`,
    shaders: [gradientApply, tableShader(view), laneShader(view.lanes), ...end.shaders],
    constants: runs.constants,
    params: { params: runs.params, tableShape: tableParams(view), ...end.params },
    operands: { x, table: coefficients, dY, dX, ...end.operands },
    workgroups: runs.workgroups,
    flops: 5 * sizeOfView(view),
  });
  return calls;
}

function sizeOfView({ items, steps, channels }: NormView): number {
  return items * steps * channels;
}

/** What the first stages share: an invocation for each lane of channels of each slice, and where their parts go. */
function slicedCall(view: NormView, target: Target) {
  const slices = slicesOf(view, target);
  const channels = view.channels / view.lanes;
  const count = view.items * slices * channels;
  const partial = scratch(tensorType([view.items, slices, 2, view.channels]));
  const params = { params: { count, steps: view.steps, slices, channels } };
  return { slices, partial, call: { params, workgroups: workgroupsFor(count, workgroupSize) } };
}

/** What the second stages share: one invocation or one workgroup for each group. */
function groupCall(
  view: NormView,
  slices: number,
  { software }: Target,
  use: KernelCall["shaders"][number],
  shader: KernelCall["shaders"][number],
) {
  const parts = (slices * view.channels) / view.groups;
  const count = view.items * view.groups;
  const shared = parts > longSum && !software;
  return {
    shaders: [shader, shared ? joinWorkgroup : joinAlone, use],
    workgroups: shared ? count : workgroupsFor(count, workgroupSize),
    flops: 4 * parts * count,
  };
}

function groupParams({ items, steps, channels, groups }: NormView) {
  return { count: items * groups, groups, groupChannels: channels / groups, steps };
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

function tableShader({ channels, groups }: NormView) {
  return groups === channels ? tableByChannel : tableByGroup;
}

function tableParams({ items, channels, groups, lanes }: NormView) {
  if (groups === channels) return { items, channels: channels / lanes };
  return { items, groups, groupChannels: channels / groups / lanes };
}
