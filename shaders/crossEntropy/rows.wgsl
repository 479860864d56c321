// uses: lib/grid, crossEntropy/row
//
// Cross-entropy without a reduction: one invocation computes the loss of one row, a workgroup 64 rows.

@group(0) @binding(5) var<storage, read_write> losses: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = workgroupIndex(id, grid) * 64u + local;
  if (row >= params.rows) { return; }
  losses[row] = rowLoss(row).x;
}
