// uses: lib/grid
//
// First stage of the norm of all gradients: of `threads` invocations, number i adds up the squares of the vectors i,
// i + threads, i + 2 threads and so on, in that order. A workgroup computes 64 neighbouring partial sums.

struct Params {
  /// Vectors of 4.
  count: u32,
  threads: u32,
}

@group(0) @binding(0) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = workgroupIndex(id, grid) * 64u + local;
  if (first >= params.threads) { return; }
  var sum = vec4f(0.0);
  for (var i = first; i < params.count; i += params.threads) { sum += gradients[i] * gradients[i]; }
  partials[first] = (sum.x + sum.y) + (sum.z + sum.w);
}
