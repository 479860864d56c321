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
}

/** Inputs: all parameters of a network, side by side, and what each workgroup does (shaders/conv/turn_filters.wgsl). */
export const turnFiltersOp: OpDef<TurnAttrs> = {
  name: "turnFilters",
  doc: "Filters with channels last, for the gradients of convolutions by their inputs",
  noGradient: "A pass adds it to graphs that are differentiated already.",
  infer: (_, { size }) => [tensorType([size])],
  lower({ inputs, outputs: [turned] }) {
    const groups = inputs.at(-1);
    if (!groups || !turned) return [];
    const count = groups.type.shape[0] ?? 0;
    return [
      {
        name: "turnFilters",
        shaders: [turnFilters],
        params: { params: { groups: count } },
        operands: { parameters: { flat: inputs.slice(0, -1) }, groups, turned },
        workgroups: count,
        flops: 0,
      },
    ];
  },
};

/**
 * Filters [KH, KW, C, F] as [KH, KW, F, C], one behind the other in one tensor, and where each starts: so the gradients
 * by the input load neighbouring channels as vectors.
 */
export function turned(parameters: readonly Value[], chosen: readonly number[]) {
  const { offsets } = layFlat(parameters.map((value) => value.type));
  const starts: number[] = [];
  const groups: number[] = [];
  let size = 0;
  for (const input of chosen) {
    const shape = parameters[input]?.type.shape ?? [];
    const [kh = 1, kw = 1, channels = 1, filters = 1] = shape;
    const items = kh * kw * filters * Math.ceil(channels / lanes);
    for (let first = 0; first < items; first += workgroupSize) {
      groups.push(first, items, (offsets[input] ?? 0) / 4, size, channels, filters);
    }
    starts.push(size);
    size += Math.ceil(sizeOf(shape) / lanes) * lanes;
  }
  const table = constant(tensorType([groups.length / 6, 6], "u32"), Uint32Array.from(groups));
  return { forms: applyOne(turnFiltersOp, [...parameters, table], { size }), starts };
}
