// uses: lib/grid
// Copies a block of up to 6 axes between two tensors of any strides: permute, slice, concat. Words are moved as bits.
// y[toOffset + sum at_k to_k] = x[fromOffset + sum at_k from_k] for all 0 <= at_k < side_k; axis 0 is the innermost.
// One invocation: one word of 1, 2 or 4 neighbours. One workgroup: 256 neighbours along the innermost axis, then on.
@group(0) @binding(0) var<storage, read> x: array<Word>;
@group(0) @binding(1) var<storage, read_write> y: array<Word>;

struct Copy {
  count: u32,
  fromOffset: u32,
  toOffset: u32,
  side0: u32,
  side1: u32,
  side2: u32,
  side3: u32,
  side4: u32,
  side5: u32,
  from0: u32,
  from1: u32,
  from2: u32,
  from3: u32,
  from4: u32,
  from5: u32,
  to0: u32,
  to1: u32,
  to2: u32,
  to3: u32,
  to4: u32,
  to5: u32,
}
@group(0) @binding(2) var<uniform> params: Copy;

const RANK = 6u;

var<private> rest: u32;
var<private> source: u32;
var<private> destination: u32;

/// Takes the next axis off `rest`.
fn visit(side: u32, fromStride: u32, toStride: u32) {
  let next = rest / side;
  let at = rest - next * side;
  rest = next;
  source += at * fromStride;
  destination += at * toStride;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  rest = workgroupIndex(id, grid) * 256u + local;
  if (rest >= params.count) { return; }
  source = params.fromOffset;
  destination = params.toOffset;
  visit(params.side0, params.from0, params.to0);
  if (RANK > 1u) { visit(params.side1, params.from1, params.to1); }
  if (RANK > 2u) { visit(params.side2, params.from2, params.to2); }
  if (RANK > 3u) { visit(params.side3, params.from3, params.to3); }
  if (RANK > 4u) { visit(params.side4, params.from4, params.to4); }
  if (RANK > 5u) { visit(params.side5, params.from5, params.to5); }
  y[destination] = x[source];
}
