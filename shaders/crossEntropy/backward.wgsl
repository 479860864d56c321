// uses: lib/grid, crossEntropy/gradientRow
//
// Gradient of cross-entropy by its scores; linked with one file that says what arrives at a row (fromRows, fromMean).
// One invocation computes the C gradients of one row, a workgroup 64 rows.

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = workgroupIndex(id, grid) * 64u + local;
  if (row >= params.rows) { return; }
  storeGradients(row, rowGradient(row));
}
