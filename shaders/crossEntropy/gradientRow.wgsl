// uses: crossEntropy/row
//
// The C gradients of one row, to which dRow arrives: the softmax is computed anew, so that nothing but the scores is kept
// from the forward pass. Rows that are ignored or whose label is out of range get zeros.

@group(0) @binding(5) var<storage, read_write> dScores: array<f32>;

fn storeGradients(row: u32, dRow: f32) {
  let first = row * params.classes;
  if (rowState(row) != COUNTED) {
    for (var c = 0u; c < params.classes; c++) { dScores[first + c] = 0.0; }
    return;
  }
  var arriving = dRow;
  let top = normalizer(row);
  if (FOCAL) {
    // d (m^gamma n) / dn = m^(gamma - 1) (m + gamma (1 - m) n).
    let sums = plainLoss(row, top);
    arriving *= select(0.0, focus(sums.x / sums.y, params.gamma - 1.0, params.gamma), sums.y > 0.0);
  }
  storeClasses(row, arriving, top);
}
