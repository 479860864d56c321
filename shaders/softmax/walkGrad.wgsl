// uses: lib/grid
// Gradient of softmax along the middle axis of [outer, extent, inner], in lanes: dx = y (dy - s) with s the sum of
// dy y; where LOG, of its logarithm: dx = dy - exp(y) s with s the sum of dy. One invocation walks along one
// [o, :, i] twice, in order, for its sum and its results; a workgroup is 64 of them.
struct Params {
  // Lanes of outer * inner.
  count: u32,
  extent: u32,
  inner: u32,
}

const LOG = false;

@group(0) @binding(0) var<storage, read> y: array<Lane>;
@group(0) @binding(1) var<storage, read> dy: array<Lane>;
@group(0) @binding(2) var<storage, read_write> dx: array<Lane>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(workgroup_id, num_workgroups) * 64u + local;
  if (index >= params.count) { return; }
  let inner = params.inner;
  let first = index / inner * params.extent * inner + index % inner;
  let end = first + params.extent * inner;
  var total = Lane(0.0);
  for (var at = first; at < end; at += inner) {
    if (LOG) {
      total += dy[at];
    } else {
      total += dy[at] * y[at];
    }
  }
  for (var at = first; at < end; at += inner) {
    if (LOG) {
      dx[at] = dy[at] - expSafe(y[at]) * total;
    } else {
      dx[at] = y[at] * (dy[at] - total);
    }
  }
}
