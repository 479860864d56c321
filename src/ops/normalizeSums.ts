import affine from "../../shaders/batchNorm/affine.wgsl";
import gradientAffine from "../../shaders/batchNorm/gradientAffine.wgsl";
import running from "../../shaders/batchNorm/running.wgsl";
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
import wholeMoments from "../../shaders/norm/wholeMoments.wgsl";
import wholeSums from "../../shaders/norm/wholeSums.wgsl";
import { type KernelCall, type Target, workgroupsFor } from "../core/call.ts";
import { scratch, type Value } from "../core/graph.ts";
import { tensorType } from "../core/types.ts";
import { laneShader } from "./lanes.ts";
import type { BackwardParts, ForwardParts, NormView } from "./normalize.ts";
import { prologueOf } from "./prologue.ts";

/**
 * The sums of all normalizations: statistics of groups, and the table of coefficients of the gradient. In one dispatch,
 * where a workgroup can do all of a channel (`tileOf`); otherwise in two stages, slices of steps and their sum.
 */

/** The statistics of each group, and running statistics with them. */
export function statisticsCalls(name: string, parts: ForwardParts, target: Target): KernelCall[] {
  const { view, epsilon, x, statistics, affine: weights, running: update } = parts;
  const flops = 6 * sizeOfView(view);
  const kept = update ? { runningMean: update.mean, runningVariance: update.variance } : {};
  const others = { statistics, ...kept, ...weights };
  const rates = update ? { running: { momentum: update.momentum } } : {};
  const use = [update ? running : keepNothing, weights ? affine : plain];
  const whole = wholeCall(view, target);
  if (whole) {
    return [
      {
        name: `${name}/statistics`,
        shaders: [wholeMoments, laneShader(view.lanes), ...use],
        params: { params: { ...whole.params, epsilon }, ...rates },
        operands: { x, partial: whole.partial, ...others },
        workgroups: whole.workgroups,
        flops,
      },
    ];
  }
  const { slices, partial, call } = slicedCall(view, target);
  return [
    {
      ...call,
      name: `${name}/moments`,
      shaders: [moments, laneShader(view.lanes)],
      constants: { OWN_SHIFT: view.groups === view.channels ? 1 : 0 },
      operands: { x, partial },
      flops,
    },
    {
      ...groupCall(view, slices, target, use, statisticsShader),
      name: `${name}/statistics`,
      params: { params: { ...groupParams(view), slices, epsilon }, ...rates },
      operands: { x, partial, ...others },
    },
  ];
}

/** The table [5, items, groups] that the gradient by x is made from, and the gradients of weight and bias with it. */
export function coefficientCalls(
  name: string,
  parts: BackwardParts,
  coefficients: Value,
  target: Target,
): KernelCall[] {
  const { view, epsilon, x, dY, statistics, affine: gradients } = parts;
  const flops = 4 * sizeOfView(view);
  const use = [gradients ? gradientAffine : gradientPlain];
  const table = {
    shaders: [tableShader(view), ...prologueOf(parts.prologue, view.lanes)],
    params: { tableShape: tableParams(view) },
  };
  const whole = wholeCall(view, target);
  if (whole) {
    return [
      {
        name: `${name}/table`,
        shaders: [wholeSums, ...table.shaders, ...use],
        params: { params: { ...whole.params, epsilon }, ...table.params },
        operands: { x, table: statistics, dY, partial: whole.partial, coefficients, ...gradients },
        workgroups: whole.workgroups,
        flops,
      },
    ];
  }
  const { slices, partial, call } = slicedCall(view, target);
  return [
    {
      ...call,
      name: `${name}/sums`,
      shaders: [gradientSums, ...table.shaders],
      params: { ...call.params, ...table.params },
      operands: { x, table: statistics, dY, partial },
      flops,
    },
    {
      ...groupCall(view, slices, target, use, gradientTable),
      name: `${name}/table`,
      params: { params: { ...groupParams(view), slices, epsilon } },
      operands: { partial, statistics, coefficients, ...gradients },
    },
  ];
}

export function sizeOfView({ items, steps, channels }: NormView): number {
  return items * steps * channels;
}

const workgroupSize = 64;
/** A slice shorter than this is not worth its place in the second stage. */
const shortestSlice = 16;
/** Beyond so many parts of one sum, a workgroup shares it. */
const longSum = 64;
/** Beyond so many steps for each invocation, a GPU is faster with more workgroups. */
const longestSlice = 64;
/** Steps that are summed before they join the sum of a slice. */
const chunk = 8;

/**
 * How many neighbouring lanes of channels one workgroup sums from the first step to the last, or null where more workgroups
 * should share them. More lanes read memory in longer runs; on a CPU, few workgroups are enough. `target.force.normalize`
 * overrides: a tile, or `"slices"`.
 */
function tileOf(
  { items, steps, channels, groups, lanes }: NormView,
  { software, cores, force }: Target,
): number | null {
  if (groups !== channels || force?.normalize === "slices") return null;
  const all = channels / lanes;
  if (force?.normalize) return all % Number(force.normalize) === 0 ? Number(force.normalize) : null;
  const fits = (tile: number) =>
    all % tile === 0 &&
    (software ? tile === 1 || (items * all) / tile >= cores : (steps * tile) / workgroupSize <= longestSlice);
  return [4, 2, 1].find(fits) ?? null;
}

function wholeCall(view: NormView, target: Target) {
  const tile = tileOf(view, target);
  if (!tile) return null;
  const { items, steps } = view;
  const channels = view.channels / view.lanes;
  const count = (items * channels) / tile;
  const atOnce = workgroupSize / tile;
  // About as many chunks in a slice as slices: so the fewest roundings follow each other.
  const slices = Math.min(steps, atOnce * Math.ceil(Math.sqrt(steps / chunk) / atOnce));
  const partial = scratch(tensorType([items, slices, 2, view.channels]));
  const params = { count, steps, slices, channels, tile, groups: items * view.channels };
  return { partial, params, workgroups: count };
}

function slicesOf({ items, steps, channels, lanes }: NormView, { software }: Target): number {
  const busy = software ? 1024 : 16_384;
  const wanted = Math.ceil(busy / (items * (channels / lanes)));
  return Math.max(1, Math.min(wanted, 1024, Math.ceil(steps / shortestSlice)));
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
  use: KernelCall["shaders"],
  shader: KernelCall["shaders"][number],
) {
  const parts = (slices * view.channels) / view.groups;
  const count = view.items * view.groups;
  const shared = parts > longSum && !software;
  return {
    shaders: [shader, shared ? joinWorkgroup : joinAlone, ...use],
    workgroups: shared ? count : workgroupsFor(count, workgroupSize),
    flops: 4 * parts * count,
  };
}

function groupParams({ items, steps, channels, groups }: NormView) {
  return { count: items * groups, groups, groupChannels: channels / groups, steps };
}

export function tableShader({ channels, groups }: NormView) {
  return groups === channels ? tableByChannel : tableByGroup;
}

export function tableParams({ items, channels, groups, lanes }: NormView) {
  if (groups === channels) return { items, channels: channels / lanes };
  return { items, groups, groupChannels: channels / groups / lanes };
}
