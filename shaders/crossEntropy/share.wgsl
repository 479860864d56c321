// What a unit of weight counts in the loss of all rows.

/// Divide by the sum of the weights.
const MEAN = true;

/// Nothing where nothing has a weight: the mean over no rows is 0, and so are its gradients.
fn shareOf(weightSum: f32) -> f32 {
  return select(1.0, select(0.0, 1.0 / weightSum, weightSum != 0.0), MEAN);
}
