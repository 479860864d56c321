// uses: lib/grid
//
// Limits the norm of each unit of weights [outer, units, inner], in place: w[:, u, :] *= min(1, largest / norm). One
// invocation walks one unit twice, in order, for its norm and to scale it; a workgroup 64 units.

struct Params {
  outer: u32,
  units: u32,
  inner: u32,
  largest: f32,
}

@group(0) @binding(0) var<storage, read_write> weights: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let unit = workgroupIndex(id, grid) * 64u + local;
  if (unit >= params.units) { return; }
  let stride = params.units * params.inner;
  let start = unit * params.inner;
  var squares = 0.0;
  for (var o = 0u; o < params.outer; o++) {
    for (var i = 0u; i < params.inner; i++) {
      let w = weights[start + o * stride + i];
      squares += w * w;
    }
  }
  let norm = sqrt(squares);
  if (norm <= params.largest) { return; }
  let shrink = params.largest / norm;
  for (var o = 0u; o < params.outer; o++) {
    for (var i = 0u; i < params.inner; i++) { weights[start + o * stride + i] *= shrink; }
  }
}
