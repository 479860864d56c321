// uses: crossEntropy/gradientRow, crossEntropy/share
//
// Loss and gradient of a sum or mean over few rows, by one workgroup of 64: invocation i adds up loss and weight of the
// rows i, i + 64, i + 128 and so on; the first invocation adds up those 64 results, in order, as crossEntropy/partials and
// crossEntropy/total do; then each computes the gradients of its rows.

@group(0) @binding(6) var<storage, read> dy: array<f32>;
@group(0) @binding(7) var<storage, read_write> loss: array<f32>;

var<workgroup> sums: array<vec2f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32) {
  var sum = vec2f(0.0);
  for (var row = local; row < params.rows; row += 64u) { sum += rowLoss(row); }
  sums[local] = sum;
  workgroupBarrier();
  if (local == 0u) {
    for (var i = 1u; i < 64u; i++) { sum += sums[i]; }
    sums[0].y = shareOf(sum.y);
    loss[0] = sum.x * sums[0].y;
  }
  workgroupBarrier();
  let dRow = dy[0] * sums[0].y;
  for (var row = local; row < params.rows; row += 64u) { storeGradients(row, dRow); }
}
