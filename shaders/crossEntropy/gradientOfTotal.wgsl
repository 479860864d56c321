// uses: lib/grid, crossEntropy/gradientRow, crossEntropy/totalSum, crossEntropy/share
//
// Second stage of a sum or mean over many rows, and its gradient: each of `threads` invocations adds up the few sums of the
// first stage, and computes the gradients of the rows i, i + threads and so on. A workgroup is 64 of them.

struct GradientParams {
  threads: u32,
}

@group(0) @binding(6) var<storage, read> dy: array<f32>;
@group(0) @binding(7) var<storage, read_write> loss: array<f32>;
@group(0) @binding(11) var<uniform> gradientParams: GradientParams;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = workgroupIndex(id, grid) * 64u + local;
  if (first >= gradientParams.threads) { return; }
  let total = totalSum();
  let share = shareOf(total.y);
  if (first == 0u) { loss[0] = total.x * share; }
  let dRow = dy[0] * share;
  for (var row = first; row < params.rows; row += gradientParams.threads) { storeGradients(row, dRow); }
}
