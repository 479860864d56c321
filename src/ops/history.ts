import record from "../../shaders/history/record.wgsl";
import { ShapeError } from "../core/errors.ts";
import type { Value, Variable } from "../core/graph.ts";
import { applyOne, type OpDef } from "../core/op.ts";
import { showType, sizeOf, wantDType } from "../core/types.ts";

/** history[step mod length] = value, in place: a ring of the last values of a scalar, such as the loss. */
export const recordOp: OpDef = {
  name: "record",
  doc: "Keeps the last values of a scalar in a ring on the GPU",
  noGradient: "a record has no effect on the loss",
  infer([value, step, history], _, where) {
    if (!value || !step || !history || sizeOf(value.shape) !== 1 || sizeOf(step.shape) !== 1) {
      const seen = [value, step, history].map((type) => (type ? showType(type) : "nothing")).join(", ");
      throw new ShapeError({ where, seen, wanted: "a scalar f32, a scalar u32 and a history f32 [n]" });
    }
    wantDType(where, "value", value, "f32");
    wantDType(where, "step", step, "u32");
    wantDType(where, "history", history, "f32");
    return [history];
  },
  inPlace: () => [[0, 2]],
  lower: ({ inputs: [value, step, history] }) =>
    value && step && history
      ? [
          {
            name: "record",
            shaders: [record],
            params: { params: { length: sizeOf(history.type.shape) } },
            operands: { value, step, history },
            workgroups: 1,
            flops: 0,
          },
        ]
      : [],
};

/** The update that records `value` as that of `step` (u32 []). */
export function recordScalar(value: Value, step: Value, history: Variable): Value {
  return applyOne(recordOp, [value, step, history.value], {});
}
