import copyShader from "../../shaders/shape/copy.wgsl";
import word1 from "../../shaders/shape/word1.wgsl";
import word2 from "../../shaders/shape/word2.wgsl";
import word4 from "../../shaders/shape/word4.wgsl";
import word16 from "../../shaders/shape/word16.wgsl";
import { type KernelCall, type Target, workgroupsFor } from "../core/call.ts";
import { ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { showType, type TensorType, wantDType } from "../core/types.ts";
import { blockFor, type Lanes, lanesFor } from "./lanes.ts";

/** The kernels of this family unfold so many axes. */
export const maxRank = 6;

/** Invocations in a workgroup of the copying kernels. */
export const copyWorkgroup = 256;

/** How many neighbours a copying kernel moves at a time. */
export type Word = Lanes | 16;

/** The widest word that divides all of these sizes; 16 on a CPU alone (see `blockFor`). */
export function wordFor(target: Target, ...sizes: number[]): Word {
  return blockFor(target, 4, ...sizes) === 4 ? 16 : lanesFor(...sizes);
}

/** The shader file that defines `Word`, of so many neighbours. */
export function wordShader(word: Word) {
  return { 1: word1, 2: word2, 4: word4, 16: word16 }[word];
}

/** A tensor that the copying kernels can take: bits of whole words, no side 0, few axes. */
export function wantCopyable(where: string, name: string, type: TensorType | undefined): TensorType {
  if (!type || type.shape.length > maxRank || type.shape.includes(0)) {
    throw new ShapeError({
      where,
      seen: `${name} ${type ? showType(type) : "missing"}`,
      wanted: `a tensor of at most ${maxRank} axes, no side 0`,
    });
  }
  wantDType(where, name, type, "f32", "i32", "u32");
  return type;
}

/** One axis of a block that is copied; strides in elements. */
export interface CopyAxis {
  readonly side: number;
  readonly from: number;
  readonly to: number;
}

export interface StridedCopy {
  readonly name: string;
  readonly target: Target;
  readonly x: Value;
  readonly y: Value;
  /** Outermost first. */
  readonly axes: readonly CopyAxis[];
  readonly fromOffset?: number;
  readonly toOffset?: number;
}

/** y[toOffset + sum at_k to_k] = x[fromOffset + sum at_k from_k] over the block: one dispatch. */
export function stridedCopy({ name, target, x, y, axes, fromOffset = 0, toOffset = 0 }: StridedCopy): KernelCall {
  const merged = mergeAxes(axes);
  const last = merged.at(-1) ?? { side: 1, from: 1, to: 1 };
  const strides = merged.slice(0, -1).flatMap(({ from, to }) => [from, to]);
  const word = last.from === 1 && last.to === 1 ? wordFor(target, last.side, fromOffset, toOffset, ...strides) : 1;
  const words = merged.slice(0, -1).map(({ side, from, to }) => ({ side, from: from / word, to: to / word }));
  const [outermost = last, ...inner] = [...words, { ...last, side: last.side / word }];
  // A long word is enough for one invocation.
  const rows = word === 16 ? 1 : Math.min(4, 2 ** Math.floor(Math.log2(outermost.side)));
  const runs = Math.ceil(outermost.side / rows);
  const count = inner.reduce((product, { side }) => product * side, runs);
  const offsets = { fromOffset: fromOffset / word, toOffset: toOffset / word };
  const params: Record<string, number> = { count, runs, ...offsets };
  Object.assign(params, { outerSide: outermost.side, outerFrom: outermost.from, outerTo: outermost.to });
  inner.reverse();
  for (let k = 0; k < maxRank - 1; k++) {
    const { side, from, to } = inner[k] ?? { side: 1, from: 0, to: 0 };
    Object.assign(params, { [`side${k}`]: side, [`from${k}`]: from, [`to${k}`]: to });
  }
  return {
    name,
    shaders: [wordShader(word), copyShader],
    constants: { INNER: inner.length, ROWS: rows },
    params: { params },
    operands: { x, y },
    workgroups: workgroupsFor(count, copyWorkgroup),
    flops: 0,
  };
}

/** The same block with as few axes as may be: sides of 1 fall away, axes that lie dense in both become one. */
function mergeAxes(axes: readonly CopyAxis[]): CopyAxis[] {
  const merged: CopyAxis[] = [];
  for (const axis of axes) {
    if (axis.side === 1) continue;
    const outer = merged.at(-1);
    const dense = outer && outer.from === axis.from * axis.side && outer.to === axis.to * axis.side;
    if (dense) merged[merged.length - 1] = { ...axis, side: outer.side * axis.side };
    else merged.push(axis);
  }
  return merged;
}
