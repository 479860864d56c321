// uses: lib/grid, dropout/key
// y[i] = x[i] scale where 32 random bits of element i are at least `threshold`, else 0. One invocation computes two pairs
// of neighbours, each pair from the 64 bits of one draw; a workgroup is 64 of them.

struct DropParams {
  count: u32,
  /// rate 2^32.
  threshold: u32,
  scale: f32,
}
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: DropParams;

const PAIRS = 2u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (workgroupIndex(id, grid) * 64u + local) * PAIRS;
  if (2u * first >= params.count) { return; }
  let key = keyOfStep();
  // unroll
  for (var i = 0u; i < PAIRS; i++) {
    let bits = threefry(key, vec2u(first + i, 0u));
    // unroll
    for (var j = 0u; j < 2u; j++) {
      let at = 2u * (first + i) + j;
      if (at < params.count) { y[at] = epilogue(select(0.0, x[at] * params.scale, bits[j] >= params.threshold), at); }
    }
  }
}
