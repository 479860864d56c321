import lane1 from "../../shaders/lib/lane1.wgsl";
import lane2 from "../../shaders/lib/lane2.wgsl";
import lane4 from "../../shaders/lib/lane4.wgsl";
import type { ShaderModule } from "../core/shader.ts";

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
