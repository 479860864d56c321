import type { Target } from "../core/call.ts";
import { LimitError } from "../core/errors.ts";

/**
 * Folds a count of workgroups into a grid within the device's limit per dimension (65,535). The shader unfolds it
 * with `workgroupIndex` of shaders/lib/grid.wgsl and leaves the few surplus workgroups idle.
 */
export function foldGrid(workgroups: number, target: Target, where = ""): readonly [number, number, number] {
  const limit = target.limits.maxComputeWorkgroupsPerDimension;
  const y = Math.max(1, Math.ceil(workgroups / limit));
  if (y > limit) {
    throw new LimitError({ where, seen: `${workgroups} workgroups`, wanted: `at most ${limit * limit}` });
  }
  return [Math.ceil(workgroups / y), y, 1];
}
