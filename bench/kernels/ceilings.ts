import fmaShader from "../../shaders/ceilings/fma.wgsl";
import streamShader from "../../shaders/ceilings/stream.wgsl";
import { workgroupsFor } from "../../src/core/call.ts";
import { applyOne, type OpDef } from "../../src/core/op.ts";
import { sizeOf, tensorType } from "../../src/core/types.ts";
import { floatBytes, type KernelCase, tensor } from "./kernelCase.ts";

/*
 * The two ceilings that every other kernel is compared with, measured in the same run: multiply-adds in registers, and
 * bytes through the best elementwise form. They are operators, so that they are planned, linked and timed as all others.
 */

interface FmaAttrs {
  readonly invocations: number;
  readonly turns: number;
}

/** Multiply-adds of one invocation in one turn, times 2: 32 steps of two vectors. */
const flopsPerTurn = 2 * 2 * 4 * 32;

const fmaOp: OpDef<FmaAttrs> = {
  name: "fmaCeiling",
  doc: "Multiply-adds in registers",
  noGradient: "it is a measurement",
  infer: (_, { invocations }) => [tensorType([invocations])],
  lower: ({ attrs: { invocations, turns }, outputs: [y] }) =>
    y
      ? [
          {
            name: "fma",
            shaders: [fmaShader],
            params: { params: { turns, factor: 0.5, addend: 1 } },
            operands: { y },
            workgroups: workgroupsFor(invocations, 64),
            flops: invocations * turns * flopsPerTurn,
          },
        ]
      : [],
};

const streamOp: OpDef = {
  name: "streamCeiling",
  doc: "Reads and writes each value once",
  noGradient: "it is a measurement",
  infer: (types) => types,
  lower: ({ inputs: [x], outputs: [y] }) =>
    x && y
      ? [
          {
            name: "stream",
            shaders: [streamShader],
            params: { params: { count: sizeOf(x.type.shape) / 4, factor: 0.5 } },
            operands: { x, y },
            workgroups: workgroupsFor(sizeOf(x.type.shape), 4096),
            flops: sizeOf(x.type.shape),
          },
        ]
      : [],
};

/** A thousandth of the work keeps a CPU busy for as long. */
export function fmaCeiling(software: boolean): KernelCase {
  const attrs = software ? { invocations: 65_536, turns: 16 } : { invocations: 1 << 20, turns: 128 };
  return {
    name: "ceiling fma",
    pass: "fwd",
    family: "ceiling",
    flops: attrs.invocations * attrs.turns * flopsPerTurn,
    bytes: floatBytes([attrs.invocations]),
    build: () => ({ outputs: { y: applyOne(fmaOp, [], attrs) } }),
  };
}

/** `mebibytes` of x, and as many of y. */
export function streamCeiling(mebibytes: number): KernelCase {
  const shape = [mebibytes * 2 ** 18];
  return {
    name: `ceiling stream ${mebibytes} MiB`,
    pass: "fwd",
    family: "ceiling",
    flops: null,
    bytes: floatBytes(shape, shape),
    build: () => ({ outputs: { y: applyOne(streamOp, [tensor("x", shape)], {}) } }),
  };
}
