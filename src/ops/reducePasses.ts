import type { Target } from "../core/call.ts";
import type { Shape } from "../core/types.ts";
import { type Lanes, lanesFor } from "./lanes.ts";

/**
 * A step of a reduction: `[outer, extent, inner]`, in lanes, becomes `[outer, chunks, inner]`. Without a kept axis
 * behind the reduced one (inner = 1), lanes lie along the reduced axis; `row` joins the values within a lane as well.
 * `whole` has a workgroup for each lane of the result, and needs no pass behind it.
 */
export interface ReducePass {
  readonly kernel: "strided" | "row" | "whole";
  readonly lanes: Lanes;
  readonly outer: number;
  readonly extent: number;
  readonly chunks: number;
  readonly inner: number;
}

/** Up to so many steps, one invocation may walk along the reduced axis to the end. */
const shortWalk = 128;
/** Beyond so many steps, even `shortWalk` invocations have too much to do each: three passes rather than two. */
const longWalk = 65_536;
/** So many invocations keep a GPU busy. */
const busy = 16_384;

/** What of a target the passes depend on. */
type Cpu = Pick<Target, "software" | "cores">;

/** The passes that reduce `axes` of `shape`, in order. Runs of neighbouring axes are reduced from the last to the first. */
export function reducePasses(shape: Shape, axes: readonly number[], target: Cpu): ReducePass[] {
  const passes: ReducePass[] = [];
  for (const run of runsOf(shape, axes)) passes.push(...passesOfRun(run, target));
  return passes;
}

interface Run {
  readonly outer: number;
  readonly extent: number;
  readonly inner: number;
}

function runsOf(shape: Shape, axes: readonly number[]): Run[] {
  const sizes = [...shape];
  const product = (from: number, to: number) => sizes.slice(from, to).reduce((size, side) => size * side, 1);
  const runs: Run[] = [];
  // An axis of side 1 is part of any run.
  const reduced = (axis: number) => axes.includes(axis) || sizes[axis] === 1;
  for (let end = shape.length; end > 0; end--) {
    let start = end;
    while (start > 0 && reduced(start - 1)) start--;
    const extent = product(start, end);
    if (extent > 1) {
      runs.push({ outer: product(0, start), extent, inner: product(end, shape.length) });
      sizes.fill(1, start, end);
    }
    end = Math.max(start, 1);
  }
  return runs.length > 0 ? runs : [{ outer: 1, extent: 1, inner: product(0, shape.length) }];
}

function passesOfRun({ outer, extent, inner }: Run, target: Cpu): ReducePass[] {
  const along = inner === 1;
  const lanes = lanesFor(along ? extent : inner);
  const steps = along ? extent / lanes : extent;
  const kept = along ? 1 : inner / lanes;
  const chunks = chunksFor(steps, outer * kept, along);
  if (chunks > 1 && target.software && !along && extent <= longWalk && outer * kept >= target.cores) {
    return [{ kernel: "whole", lanes, outer, extent, chunks: 1, inner: kept }];
  }
  if (chunks > 1) {
    const pass: ReducePass = { kernel: "strided", lanes, outer, extent: steps, chunks, inner: kept };
    return [pass, ...passesOfRun({ outer, extent: along ? chunks * lanes : chunks, inner }, target)];
  }
  if (along && lanes === 4) return [{ kernel: "row", lanes, outer, extent: steps, chunks, inner: 1 }];
  if (along) return [{ kernel: "strided", lanes: 1, outer, extent, chunks, inner: 1 }];
  return [{ kernel: "strided", lanes, outer, extent, chunks, inner: kept }];
}

/**
 * Into how many interleaved parts a walk is split; a multiple of 4, so that vectors divide the next pass. Long walks
 * along rows are always split: one invocation a row would read far from its neighbours.
 */
function chunksFor(steps: number, outputs: number, along: boolean): number {
  if (steps <= shortWalk || (outputs >= busy && !along)) return 1;
  const most = steps > longWalk ? busy / 2 : shortWalk;
  const wanted = Math.max(along ? 16 : 1, Math.min(most, busy / outputs));
  return Math.ceil(wanted / 4) * 4;
}
