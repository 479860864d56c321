// uses: lib/grid
// y[row] = combination of the `extent` vectors of x[row]. x is [count, extent] in vectors of 4, y is [count].
// One invocation computes one row, in two chains of vectors that it joins at the end; a workgroup is 64 of them.
// For rows that are short by now: longer ones are shortened by strided.wgsl.
struct Params {
  count: u32,
  extent: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<Lane>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = workgroupIndex(id, grid) * 64u + local;
  if (row >= params.count) { return; }
  let end = (row + 1u) * params.extent;
  var at = row * params.extent;
  var a = vec4f(NEUTRAL);
  var b = vec4f(NEUTRAL);
  for (; at + 1u < end; at += 2u) {
    a = combineVectors(a, x[at]);
    b = combineVectors(b, x[at + 1u]);
  }
  if (at < end) { a = combineVectors(a, x[at]); }
  let all = combineVectors(a, b);
  y[row] = epilogue(combine(combine(all.x, all.y), combine(all.z, all.w)), row);
}
