import limit from "../../shaders/maxNorm/limit.wgsl";
import { workgroupsFor } from "../core/call.ts";
import { GraphError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { applyOne, type OpDef } from "../core/op.ts";
import { checkNumber } from "../core/options.ts";
import { resolveAxis, sizeOf, tensorType, wantDType } from "../core/types.ts";

/** w = w * min(1, maxValue / |w|) for the weights of each unit, in place. The units are counted by one axis. */
export interface MaxNormAttrs {
  readonly maxValue: number;
  readonly axis: number;
}

export const maxNormOp: OpDef<MaxNormAttrs> = {
  name: "maxNorm",
  infer([weights], { maxValue, axis }, where) {
    if (!weights) throw new GraphError({ where, seen: "no weights", wanted: "a variable" });
    wantDType(where, "weights", weights, "f32");
    resolveAxis(where, axis, weights.shape.length);
    checkNumber(where, "maxValue", maxValue, (value) => value > 0, "above 0");
    return [tensorType(weights.shape)];
  },
  inPlace: () => [[0, 0]],
  lower({ attrs: { maxValue, axis }, inputs: [weights] }) {
    if (!weights) return [];
    const { shape } = weights.type;
    const at = resolveAxis("maxNorm", axis, shape.length);
    const units = shape[at] ?? 1;
    const params = { outer: sizeOf(shape.slice(0, at)), units, inner: sizeOf(shape.slice(at + 1)), largest: maxValue };
    return [
      {
        name: "maxNorm",
        shaders: [limit],
        params: { params },
        operands: { weights },
        workgroups: workgroupsFor(units, 64),
        flops: 3 * sizeOf(shape),
      },
    ];
  },
  noGradient: "A constraint comes after the update, not in the loss.",
};

/** The update that limits the norms of a variable, or of what an earlier update of this step made of it. */
export function limitNorms(weights: Value, attrs: MaxNormAttrs): Value {
  return applyOne(maxNormOp, [weights], attrs);
}
