import rows from "../../shaders/batch/rows.wgsl";
import { workgroupsFor } from "../core/call.ts";
import { GraphError, ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { applyOne, type OpDef } from "../core/op.ts";
import { checkWhole } from "../core/options.ts";
import { showType, sizeOf, tensorType, wantDType } from "../core/types.ts";
import { halfBitsFor } from "./batch.ts";
import { defaultIgnoreIndex } from "./crossEntropy.ts";

/**
 * The rows of the next batch, as `gatherBatch` picks its images: table [N, ..] f32 or i32, cursor u32 [4] -> [B, ..]. A
 * position past the last example gives zeros, or for whole numbers the label -100, which losses and metrics leave out.
 */
export interface GatherRowsAttrs {
  /** B. */
  readonly batchSize: number;
  /** The part of the table that positions count in: so many rows from this one on. */
  readonly from: number;
  readonly count: number;
}

export const gatherRowsOp: OpDef<GatherRowsAttrs> = {
  name: "gatherRows",
  noGradient: "Data are not differentiated.",
  infer([table, cursor], { batchSize, from, count }, where) {
    if (!table || !cursor) throw new GraphError({ where, seen: "too few inputs", wanted: "a table and a cursor" });
    wantDType(where, "table", table, "f32", "i32");
    wantDType(where, "cursor", cursor, "u32");
    const [examples = 0, ...row] = table.shape;
    checkWhole(where, "batchSize", batchSize);
    checkWhole(where, "from", from, 0);
    checkWhole(where, "count", count);
    if (from + count > examples || sizeOf(row) === 0) {
      throw new ShapeError({
        where,
        seen: `table ${showType(table)}`,
        wanted: `${from + count} rows, none of them empty`,
      });
    }
    return [tensorType([batchSize, ...row], table.dtype)];
  },
  lower({ attrs: { from, count }, inputs: [table, cursor], outputs: [y] }) {
    if (!table || !cursor || !y) return [];
    const size = sizeOf(y.type.shape);
    const absent = y.type.dtype === "i32" ? defaultIgnoreIndex >>> 0 : 0;
    const width = sizeOf(y.type.shape.slice(1));
    return [
      {
        name: "gatherRows",
        shaders: [rows],
        params: { params: { start: from, examples: count, halfBits: halfBitsFor(count), width, size, absent } },
        operands: { table, cursor, y },
        workgroups: workgroupsFor(size, 64),
        flops: 0,
        bytes: 8 * size,
      },
    ];
  },
};

/** Adds the node. @throws as `infer` */
export function gatherRows(table: Value, cursor: Value, attrs: GatherRowsAttrs): Value {
  return applyOne(gatherRowsOp, [table, cursor], attrs);
}
