// Second stage of the norm of all gradients, by one workgroup of 64: invocation i adds up the partial sums i, i + 64,
// i + 128 and so on; the first invocation adds up those 64 results, in order, and takes the root.

struct Params {
  count: u32,
}

@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32) {
  var sum = 0.0;
  for (var i = local; i < params.count; i += 64u) { sum += partials[i]; }
  sums[local] = sum;
  workgroupBarrier();
  if (local > 0u) { return; }
  var total = sums[0];
  for (var i = 1u; i < 64u; i++) { total += sums[i]; }
  norm[0] = sqrt(total);
}
