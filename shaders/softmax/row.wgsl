// uses: lib/grid
// Softmax along the last axis of [count, extent]: y = exp(x - m) / sum, or where LOG its logarithm x - m - log(sum);
// m is the largest x. One workgroup of 128 handles one row: each invocation every 128th element in order, then a tree
// over the 128 in workgroup memory, once for the maximum and once for the sum.
struct Params {
  // Rows.
  count: u32,
  extent: u32,
}

const LOG = false;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

var<workgroup> parts: array<f32, 128>;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) workgroup_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  // A surplus workgroup has an empty row: barriers need all invocations.
  let row = workgroupIndex(workgroup_id, num_workgroups);
  let first = row * params.extent;
  let end = select(first, first + params.extent, row < params.count);
  var largest = -3.4028234663852886e38;
  for (var at = first + local; at < end; at += 128u) { largest = max(largest, x[at]); }
  parts[local] = largest;
  workgroupBarrier();
  for (var half = 64u; half > 0u; half /= 2u) {
    if (local < half) { parts[local] = max(parts[local], parts[local + half]); }
    workgroupBarrier();
  }
  largest = parts[0];
  workgroupBarrier();
  var total = 0.0;
  for (var at = first + local; at < end; at += 128u) { total += expSafe(x[at] - largest); }
  parts[local] = total;
  workgroupBarrier();
  for (var half = 64u; half > 0u; half /= 2u) {
    if (local < half) { parts[local] += parts[local + half]; }
    workgroupBarrier();
  }
  total = parts[0];
  let scale = 1.0 / total;
  let logTotal = log(total);
  for (var at = first + local; at < end; at += 128u) {
    if (LOG) {
      y[at] = x[at] - largest - logTotal;
    } else {
      y[at] = expSafe(x[at] - largest) * scale;
    }
  }
}
