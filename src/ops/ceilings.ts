import fmaShader from "../../shaders/ceilings/fma.wgsl";
import streamShader from "../../shaders/ceilings/stream.wgsl";
import streamBlocksShader from "../../shaders/ceilings/streamBlocks.wgsl";
import { workgroupsFor } from "../core/call.ts";
import { ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { applyOne, type OpDef } from "../core/op.ts";
import { showShape, sizeOf, tensorType } from "../core/types.ts";

/*
 * The two ceilings that every kernel is compared with, to be measured in the same run: multiply-adds in registers, and
 * bytes through the best elementwise form. They are operators, so that they are planned, linked and timed as all others;
 * no network has a use for them, so the catalogue does not list them.
 */

export interface MultiplyAdds {
  readonly invocations: number;
  /** Of the loop, each 256 multiply-adds. */
  readonly turns: number;
}

/** Multiply-adds of one invocation in one turn, times 2: 32 steps of two vectors. */
const flopsPerTurn = 2 * 2 * 4 * 32;

const fmaOp: OpDef<MultiplyAdds> = {
  name: "fmaCeiling",
  noGradient: "It is a measurement.",
  infer: (_, { invocations }) => [tensorType([invocations])],
  lower: ({ attrs, outputs: [y] }) =>
    y
      ? [
          {
            name: "fma",
            shaders: [fmaShader],
            params: { params: { turns: attrs.turns, factor: 0.5, addend: 1 } },
            operands: { y },
            workgroups: workgroupsFor(attrs.invocations, 64),
            flops: flopsOf(attrs),
          },
        ]
      : [],
};

const streamOp: OpDef = {
  name: "streamCeiling",
  noGradient: "It is a measurement.",
  infer: (types) => types,
  lower: ({ inputs: [x], outputs: [y], target: { software } }) =>
    x && y
      ? [
          {
            name: "stream",
            shaders: [software ? streamBlocksShader : streamShader],
            params: { params: { count: sizeOf(x.type.shape) / (software ? 16 : 4), factor: 0.5 } },
            operands: { x, y },
            workgroups: workgroupsFor(sizeOf(x.type.shape), streamStep),
            flops: sizeOf(x.type.shape),
          },
        ]
      : [],
};

/** Numbers of one workgroup. */
const streamStep = 4096;

/** The most multiply-adds that an adapter does: y f32 [invocations], of no meaning. */
export function multiplyAdds(attrs: MultiplyAdds): Value {
  return applyOne(fmaOp, [], attrs);
}

/** Floating-point operations of `multiplyAdds`, two for each. */
export function flopsOf({ invocations, turns }: MultiplyAdds): number {
  return invocations * turns * flopsPerTurn;
}

/** The most bytes that a kernel moves: y = x / 2. @throws ShapeError where x is no multiple of 4,096 numbers */
export function stream(x: Value): Value {
  if (sizeOf(x.type.shape) % streamStep !== 0) {
    throw new ShapeError({
      where: "stream",
      seen: `x ${showShape(x.type.shape)}`,
      wanted: `a multiple of ${streamStep} numbers`,
    });
  }
  return applyOne(streamOp, [x], {});
}
