// The table [5, items, groups] of a, b, c, the mean's high part and the shift, by which dX = a dY + b (x - mean) + c:
//
//     a = scale,   b = -a i^2 mean(dY (x - mean)),   c = -a mean(dY),   i = 1 / sqrt(variance + epsilon)
//
// Means are over the group; scale and shift are those of norm/storeStatistics. A sibling takes the gradients of weight and
// bias, if any.

@group(0) @binding(3) var<storage, read_write> coefficients: array<f32>;

struct GroupStatistics {
  /// Of the mean.
  high: f32,
  low: f32,
  /// With epsilon.
  variance: f32,
  scale: f32,
  shift: f32,
}

/// Of one of `groups`, from the sums of dY and of dY (x - mean) over its `size` values.
fn storeCoefficients(group: u32, groups: u32, statistics: GroupStatistics, sum: f32, product: f32, size: f32) {
  let inverse = inverseSqrt(statistics.variance);
  let a = statistics.scale;
  let b = -a * inverse * inverse * (product / size);
  coefficients[group] = a;
  coefficients[groups + group] = b;
  // The mean's low part, times b, is the same everywhere.
  coefficients[2u * groups + group] = -a * (sum / size) - b * statistics.low;
  coefficients[3u * groups + group] = statistics.high;
  coefficients[4u * groups + group] = statistics.shift;
  storeGradients(group, product * inverse, sum);
}
