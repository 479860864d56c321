// The loss from the sums of loss and weight over all rows.

/// Divide by the sum of the weights.
const MEAN = true;

/// `nan`: bits of a NaN, the mean over no rows.
fn totalLoss(sum: vec2f, nan: u32) -> f32 {
  if (!MEAN) { return sum.x; }
  if (sum.y == 0.0) { return bitcast<f32>(nan); }
  return sum.x / sum.y;
}
