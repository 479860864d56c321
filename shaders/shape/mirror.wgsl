// uses: lib/grid
// Pads one axis with what the tensor holds: y[o, at, i] = x[o, from(at - before), i], bits moved. Positions before 0 and
// from `size` on are mirrored at the border (the border itself not repeated), or with REFLECT off read at the border.
// x: [outer, size, inner]; y: [outer, padded, inner]. A negative `before` crops.
// One invocation: one word of 1, 2 or 4 neighbours of y. One workgroup: 256 neighbours along inner, padded, outer.
@group(0) @binding(0) var<storage, read> x: array<Word>;
@group(0) @binding(1) var<storage, read_write> y: array<Word>;

struct Params {
  count: u32,
  size: i32,
  padded: u32,
  /// In words.
  inner: u32,
  before: i32,
}
@group(0) @binding(2) var<uniform> params: Params;

const REFLECT = true;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= params.count) { return; }
  let line = index / params.inner;
  let last = params.size - 1;
  var at = i32(line % params.padded) - params.before;
  if (REFLECT) { at = last - abs(last - abs(at)); } else { at = clamp(at, 0, last); }
  let outer = line / params.padded;
  y[index] = x[(outer * u32(params.size) + u32(at)) * params.inner + index % params.inner];
}
