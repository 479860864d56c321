import turnBlocks from "../../shaders/conv/turn_blocks.wgsl";
import turnFilters from "../../shaders/conv/turn_filters.wgsl";
import { layFlat } from "../core/flat.ts";
import { constant, type Value } from "../core/graph.ts";
import { applyOne, type OpDef } from "../core/op.ts";
import { sizeOf, tensorType } from "../core/types.ts";

/** Copies start at whole vectors. */
const lanes = 4;
const workgroupSize = 64;

interface TurnAttrs {
  /** Numbers in all copies together. */
  readonly size: number;
  /** How many workgroups turn whole vectors: the first ones. */
  readonly blocks: number;
}

/** Inputs: all parameters of a network, side by side, and what each workgroup does (shaders/conv/turn_group.wgsl). */
export const turnFiltersOp: OpDef<TurnAttrs> = {
  name: "turnFilters",
  noGradient: "A pass adds it to graphs that are differentiated already.",
  infer: (_, { size }) => [tensorType([size])],
  lower({ inputs, outputs: [turned], attrs: { blocks } }) {
    const groups = inputs.at(-1);
    if (!groups || !turned) return [];
    const call = (shader: typeof turnFilters, first: number, end: number) => ({
      name: "turnFilters",
      shaders: [shader],
      params: { params: { first, groups: end - first } },
      operands: { parameters: { flat: inputs.slice(0, -1) }, groups, turned },
      workgroups: end - first,
      flops: 0,
    });
    const calls = [call(turnBlocks, 0, blocks), call(turnFilters, blocks, groups.type.shape[0] ?? 0)];
    return calls.filter(({ workgroups }) => workgroups > 0);
  },
};

/**
 * Filters [KH, KW, C, F] as [KH, KW, F, C], one behind the other in one tensor, and where each starts: so the gradients
 * by the input load neighbouring channels as vectors.
 */
export function turned(parameters: readonly Value[], chosen: readonly number[]) {
  const { offsets } = layFlat(parameters.map((value) => value.type));
  const starts: number[] = [];
  const groups: { readonly whole: number[]; readonly ragged: number[] } = { whole: [], ragged: [] };
  let size = 0;
  for (const input of chosen) {
    const shape = parameters[input]?.type.shape ?? [];
    const [kh = 1, kw = 1, channels = 1, filters = 1] = shape;
    const isWhole = channels % lanes === 0 && filters % lanes === 0;
    const unit = isWhole ? lanes : 1;
    const items = (kh * kw * filters * Math.ceil(channels / lanes)) / unit;
    const place = [(offsets[input] ?? 0) / 4, size, channels, filters].map((numbers) => numbers / unit);
    for (let first = 0; first < items; first += workgroupSize) {
      groups[isWhole ? "whole" : "ragged"].push(first, items, ...place);
    }
    starts.push(size);
    size += Math.ceil(sizeOf(shape) / lanes) * lanes;
  }
  const rows = Uint32Array.from([...groups.whole, ...groups.ragged]);
  const table = constant(tensorType([rows.length / 6, 6], "u32"), rows);
  return { forms: applyOne(turnFiltersOp, [...parameters, table], { size, blocks: groups.whole.length / 6 }), starts };
}
