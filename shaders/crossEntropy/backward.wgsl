// uses: lib/grid, crossEntropy/row
//
// Gradient of cross-entropy by its scores; linked with one file that says what arrives at a row (fromRows, fromMean).
// One invocation computes the C gradients of one row, a workgroup 64 rows: the softmax is computed anew, so that nothing
// but the scores is kept from the forward pass. Rows that are ignored or whose label is out of range get zeros.

@group(0) @binding(5) var<storage, read_write> dScores: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = workgroupIndex(id, grid) * 64u + local;
  if (row >= params.rows) { return; }
  let first = row * params.classes;
  if (rowState(row) != COUNTED) {
    for (var c = 0u; c < params.classes; c++) { dScores[first + c] = 0.0; }
    return;
  }
  var arriving = rowGradient(row);
  let top = normalizer(row);
  if (FOCAL) {
    // d (m^gamma n) / dn = m^(gamma - 1) (m + gamma (1 - m) n).
    let sums = plainLoss(row, top);
    arriving *= select(0.0, focus(sums.x / sums.y, params.gamma - 1.0, params.gamma), sums.y > 0.0);
  }
  var total = 0.0;
  if (FROM_LOGITS) {
    for (var c = 0u; c < params.classes; c++) { total += coefficient(row, c); }
    total /= top.y;
  }
  for (var c = 0u; c < params.classes; c++) {
    var gradient = -coefficient(row, c);
    if (FROM_LOGITS) { gradient += total * expBelow(scores[first + c] - top.x); }
    dScores[first + c] = arriving * gradient;
  }
}
