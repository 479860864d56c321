// uses: lib/grid
// Copies a block of up to 6 axes between two tensors of any strides: permute, slice, concat. Words are moved as bits.
// y[toOffset + sum at_k to_k] = x[fromOffset + sum at_k from_k] for all 0 <= at_k < side_k; axis 0 is the innermost.
// One invocation: a word of 1, 2, 4 or 16 neighbours at up to ROWS places of the outermost axis, all of them loaded before
// any is stored. One workgroup: 256 neighbours along the innermost axis, then on.
@group(0) @binding(0) var<storage, read> x: array<Word>;
@group(0) @binding(1) var<storage, read_write> y: array<Word>;

struct Params {
  /// Invocations.
  count: u32,
  fromOffset: u32,
  toOffset: u32,
  /// The outermost axis: an invocation takes places r, r + runs, ..
  runs: u32,
  outerSide: u32,
  outerFrom: u32,
  outerTo: u32,
  /// The axes within it.
  side0: u32,
  side1: u32,
  side2: u32,
  side3: u32,
  side4: u32,
  from0: u32,
  from1: u32,
  from2: u32,
  from3: u32,
  from4: u32,
  to0: u32,
  to1: u32,
  to2: u32,
  to3: u32,
  to4: u32,
}
@group(0) @binding(2) var<uniform> params: Params;

/// Axes within the outermost one.
const INNER = 5u;
const ROWS = 4u;

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
  if (INNER > 0u) { visit(params.side0, params.from0, params.to0); }
  if (INNER > 1u) { visit(params.side1, params.from1, params.to1); }
  if (INNER > 2u) { visit(params.side2, params.from2, params.to2); }
  if (INNER > 3u) { visit(params.side3, params.from3, params.to3); }
  if (INNER > 4u) { visit(params.side4, params.from4, params.to4); }
  let left = params.outerSide - rest;
  let fromStep = params.runs * params.outerFrom;
  let toStep = params.runs * params.outerTo;
  source += rest * params.outerFrom;
  destination += rest * params.outerTo;
  var words: array<Word, ROWS>;
  // Past the end, the last place is copied again.
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    words[i] = x[source];
    source += select(0u, fromStep, (i + 1u) * params.runs < left);
  }
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    y[destination] = words[i];
    destination += select(0u, toStep, (i + 1u) * params.runs < left);
  }
}
