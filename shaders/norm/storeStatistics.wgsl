// statistics is [3, items, groups]: the mean in two parts, high and low, whose sum has more digits than f32 holds, and
// the variance, divided by the number of values. A sibling takes what else is wanted of them (batchNorm/running).

@group(0) @binding(2) var<storage, read_write> statistics: array<f32>;

/// Of one of `groups`; mean and squares are those of the shifted values, of which there are `size`.
fn storeStatistics(group: u32, groups: u32, shift: f32, mean: f32, squares: f32, size: f32) {
  let high = shift + mean;
  statistics[group] = high;
  statistics[groups + group] = (shift - high) + mean;
  statistics[2u * groups + group] = squares / size;
  keep(group, high, squares, size);
}
