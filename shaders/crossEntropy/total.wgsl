// uses: crossEntropy/totalSum, crossEntropy/totalLoss
//
// Second stage of the sum over rows, by one invocation.

struct LossParams {
  /// Bits of a NaN: the mean over no rows.
  nan: u32,
}

@group(0) @binding(0) var<storage, read_write> loss: array<f32>;
@group(0) @binding(1) var<storage, read_write> weightSum: array<f32>;
@group(0) @binding(2) var<uniform> params: LossParams;

@compute @workgroup_size(1)
fn main() {
  let total = totalSum();
  weightSum[0] = total.y;
  loss[0] = totalLoss(total, params.nan);
}
