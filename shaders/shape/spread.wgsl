// uses: lib/grid
// Puts x into a block of one value, with steps: padding, cropping, bed of nails, the gradient of slice. Bits are moved.
// y[at] = x[i] where at_k = start_k + i_k step_k on all of up to 6 axes, elsewhere fill; axis 0 is the innermost.
// One invocation: one word of 1, 2 or 4 neighbours of y. One workgroup: 256 neighbours along the innermost axis, then on.
@group(0) @binding(0) var<storage, read> x: array<Word>;
@group(0) @binding(1) var<storage, read_write> y: array<Word>;

struct Params {
  count: u32,
  /// As bits.
  fill: u32,
  outer0: u32,
  outer1: u32,
  outer2: u32,
  outer3: u32,
  outer4: u32,
  outer5: u32,
  inner0: u32,
  inner1: u32,
  inner2: u32,
  inner3: u32,
  inner4: u32,
  inner5: u32,
  start0: i32,
  start1: i32,
  start2: i32,
  start3: i32,
  start4: i32,
  start5: i32,
  step0: u32,
  step1: u32,
  step2: u32,
  step3: u32,
  step4: u32,
  step5: u32,
}
@group(0) @binding(2) var<uniform> params: Params;

const RANK = 6u;
/// Some step is more than 1.
const STEPPED = true;

var<private> rest: u32;
var<private> source: u32;
var<private> stride: u32;
var<private> inside: bool;

/// Takes the next axis off `rest`. A place before the start wraps around to a number beyond any side.
fn visit(outer: u32, inner: u32, start: i32, step: u32) {
  let next = rest / outer;
  let at = u32(i32(rest - next * outer) - start);
  rest = next;
  var i = at;
  if (STEPPED) {
    i = at / step;
    inside = inside && i * step == at;
  }
  inside = inside && i < inner;
  source += i * stride;
  stride *= inner;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= params.count) { return; }
  rest = index;
  source = 0u;
  stride = 1u;
  inside = true;
  visit(params.outer0, params.inner0, params.start0, params.step0);
  if (RANK > 1u) { visit(params.outer1, params.inner1, params.start1, params.step1); }
  if (RANK > 2u) { visit(params.outer2, params.inner2, params.start2, params.step2); }
  if (RANK > 3u) { visit(params.outer3, params.inner3, params.start3, params.step3); }
  if (RANK > 4u) { visit(params.outer4, params.inner4, params.start4, params.step4); }
  if (RANK > 5u) { visit(params.outer5, params.inner5, params.start5, params.step5); }
  var word = Word(params.fill);
  if (inside) { word = x[source]; }
  y[index] = word;
}
