// uses: lib/grid
//
// The most bytes that a kernel moves: y = factor x. One invocation takes 4 vectors, 256 vectors apart, all loads before
// the first store.

struct Params {
  /// Vectors of 4; a multiple of 1024.
  count: u32,
  factor: f32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupIndex(id, grid) * 1024u + local;
  if (i >= params.count) { return; }
  let a = x[i];
  let b = x[i + 256u];
  let c = x[i + 512u];
  let d = x[i + 768u];
  y[i] = params.factor * a;
  y[i + 256u] = params.factor * b;
  y[i + 512u] = params.factor * c;
  y[i + 768u] = params.factor * d;
}
