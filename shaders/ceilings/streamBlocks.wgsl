// uses: lib/grid
//
// The most bytes that a kernel moves on a CPU adapter: y = factor x. One invocation takes 16 numbers, which are one element:
// bounds are checked once an element.

struct Params {
  /// Elements of 16; a multiple of 256.
  count: u32,
  factor: f32,
}

@group(0) @binding(0) var<storage, read> x: array<mat4x4f>;
@group(0) @binding(1) var<storage, read_write> y: array<mat4x4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupIndex(id, grid) * 256u + local;
  if (i >= params.count) { return; }
  y[i] = params.factor * x[i];
}
