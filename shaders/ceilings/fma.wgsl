// uses: lib/grid
//
// The most multiply-adds that an adapter does: registers alone. One invocation steps two vectors, eight chains in all,
// since more of them spill on a CPU and fewer wait for each other; the body is long, since a loop's turn costs time.

struct Params {
  turns: u32,
  factor: f32,
  addend: f32,
}

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

/// Steps in one turn of the loop; each is 16 operations.
const STEPS = 32u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupIndex(id, grid) * 64u + local;
  let factor = vec4f(params.factor);
  let addend = vec4f(params.addend);
  var a = vec4f(f32(i), 1.0, 2.0, 3.0);
  var b = vec4f(f32(i), 4.0, 5.0, 6.0);
  for (var turn = 0u; turn < params.turns; turn++) {
    // unroll
    for (var s = 0u; s < STEPS; s++) {
      a = fma(a, factor, addend);
      b = fma(b, factor, addend);
    }
  }
  let sum = a + b;
  y[i] = sum.x + sum.y + sum.z + sum.w;
}
