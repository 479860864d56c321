// uses: crossEntropy/totalLoss
//
// Second stage of the sum over rows, by one workgroup of 64: invocation i adds up the partial sums i, i + 64, i + 128
// and so on; the first invocation adds up those 64 results, in order.

struct TotalParams {
  count: u32,
  nan: u32,
}

@group(0) @binding(0) var<storage, read> partials: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> loss: array<f32>;
@group(0) @binding(2) var<storage, read_write> weightSum: array<f32>;
@group(0) @binding(3) var<uniform> params: TotalParams;

var<workgroup> sums: array<vec2f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32) {
  var sum = vec2f(0.0);
  for (var i = local; i < params.count; i += 64u) { sum += partials[i]; }
  sums[local] = sum;
  workgroupBarrier();
  if (local > 0u) { return; }
  var total = sums[0];
  for (var i = 1u; i < 64u; i++) { total += sums[i]; }
  weightSum[0] = total.y;
  loss[0] = totalLoss(total, params.nan);
}
