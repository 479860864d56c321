import block from "../../shaders/lib/block.wgsl";
import lane1 from "../../shaders/lib/lane1.wgsl";
import lane2 from "../../shaders/lib/lane2.wgsl";
import lane4 from "../../shaders/lib/lane4.wgsl";
import type { Target } from "../core/call.ts";
import type { ShaderModule } from "../core/shader.ts";

export const blockShader = block;

/** How many neighbours along the last axis one invocation handles at a time. */
export type Lanes = 1 | 2 | 4;

/** The widest vector that divides all of these sizes. */
export function lanesFor(...sizes: number[]): Lanes {
  if (sizes.every((size) => size % 4 === 0)) return 4;
  return sizes.every((size) => size % 2 === 0) ? 2 : 1;
}

/** The shader file that defines `Lane` and `LANES`. */
export function laneShader(lanes: Lanes): ShaderModule {
  return { 1: lane1, 2: lane2, 4: lane4 }[lanes];
}

/** How many lanes lie side by side in one element of an array: of shaders/lib/block. */
export type Block = 1 | 2 | 4;

/**
 * The widest block of lanes of 4 that divides all of these sizes, which are counted in numbers. A CPU reads 16 numbers of one
 * element in three quarters of the time that it takes for four elements; larger ones overflow its registers. On a GPU
 * neighbours should read neighbours, a lane each.
 */
export function blockFor({ software }: Target, most: Block, ...sizes: number[]): Block {
  return software ? (Math.min(most, lanesFor(...sizes.map((size) => size / 4))) as Block) : 1;
}
