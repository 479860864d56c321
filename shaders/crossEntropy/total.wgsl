// uses: crossEntropy/totalSum, crossEntropy/share
//
// Second stage of the sum over rows, by one invocation.

@group(0) @binding(0) var<storage, read_write> loss: array<f32>;
@group(0) @binding(1) var<storage, read_write> share: array<f32>;

@compute @workgroup_size(1)
fn main() {
  let total = totalSum();
  share[0] = shareOf(total.y);
  loss[0] = total.x * share[0];
}
