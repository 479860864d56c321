// uses: lib/grid
// Gradient of softmax along the last axis of [count, extent]: dx = y (dy - s) with s the sum of dy y; where LOG, of its
// logarithm: dx = dy - exp(y) s with s the sum of dy. One workgroup of 128 handles one row: each invocation every 128th
// element in order, then a tree over the 128 in workgroup memory.
struct Params {
  // Rows.
  count: u32,
  extent: u32,
}

const LOG = false;

@group(0) @binding(0) var<storage, read> y: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> parts: array<f32, 128>;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) workgroup_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  // A surplus workgroup has an empty row: barriers need all invocations.
  let row = workgroupIndex(workgroup_id, num_workgroups);
  let first = row * params.extent;
  let end = select(first, first + params.extent, row < params.count);
  var total = 0.0;
  for (var at = first + local; at < end; at += 128u) {
    if (LOG) {
      total += dy[at];
    } else {
      total += dy[at] * y[at];
    }
  }
  parts[local] = total;
  workgroupBarrier();
  for (var half = 64u; half > 0u; half /= 2u) {
    if (local < half) { parts[local] += parts[local + half]; }
    workgroupBarrier();
  }
  total = parts[0];
  for (var at = first + local; at < end; at += 128u) {
    if (LOG) {
      dx[at] = dy[at] - expSafe(y[at]) * total;
    } else {
      dx[at] = y[at] * (dy[at] - total);
    }
  }
}
