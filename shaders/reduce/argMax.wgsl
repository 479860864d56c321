// uses: lib/grid
// y[o, i] = the first r at which x[o, r, i] is largest. x is [outer, extent, inner], y is [outer, inner].
// One invocation computes one element of y, r ascending; a workgroup is 64 of them.
struct Params {
  // Elements of y: outer * inner.
  count: u32,
  extent: u32,
  inner: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<i32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  let first = index / params.inner * params.extent * params.inner + index % params.inner;
  var largest = x[first];
  var found = 0u;
  for (var r = 1u; r < params.extent; r++) {
    let value = x[first + r * params.inner];
    if (value > largest) {
      largest = value;
      found = r;
    }
  }
  y[index] = i32(found);
}
