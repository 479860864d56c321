// statistics is [5, items, groups]: the mean in two parts, high and low, whose sum has more digits than f32 holds; the
// variance, divided by the number of values; and scale and shift, by which y = (x - high) scale + shift:
//
//     scale = weight / sqrt(variance + epsilon),   shift = bias - low scale
//
// A sibling knows weight and bias (batchNorm/affine, norm/plain), another takes what else is wanted (batchNorm/running).

@group(0) @binding(2) var<storage, read_write> statistics: array<f32>;

/// Of one of `groups`; mean and squares are those of the differences from `first`, of which there are `size`.
fn storeStatistics(group: u32, groups: u32, first: f32, mean: f32, squares: f32, size: f32, epsilon: f32) {
  let high = first + mean;
  let low = (first - high) + mean;
  let variance = squares / size;
  let scale = weightOf(group) * inverseSqrt(variance + epsilon);
  statistics[group] = high;
  statistics[groups + group] = low;
  statistics[2u * groups + group] = variance;
  statistics[3u * groups + group] = scale;
  statistics[4u * groups + group] = biasOf(group) - low * scale;
  keep(group, high, squares, size);
}
