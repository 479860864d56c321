// Sum or mean of the losses of the areas [N, C], by one workgroup of 64: invocation i adds up the areas i, i + 64, i + 128
// and so on; the first invocation adds up those 64 results, in order. The mean is over the areas that are present, 0 over none.

struct Params {
  count: u32,
}

/// Divide by the number of areas that are present.
const MEAN = true;

@group(0) @binding(0) var<storage, read> losses: array<f32>;
@group(0) @binding(1) var<storage, read> present: array<f32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;
/// Derivative of the result by the loss of an area.
@group(0) @binding(3) var<storage, read_write> share: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

var<workgroup> sums: array<vec2f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32) {
  var sum = vec2f(0.0);
  for (var i = local; i < params.count; i += 64u) { sum += vec2f(losses[i], present[i]); }
  sums[local] = sum;
  workgroupBarrier();
  if (local > 0u) { return; }
  for (var i = 1u; i < 64u; i++) { sum += sums[i]; }
  share[0] = select(1.0, select(0.0, 1.0 / sum.y, sum.y > 0.0), MEAN);
  loss[0] = sum.x * share[0];
}
