// uses: lib/grid
// Softmax along the middle axis of [outer, extent, inner], in lanes: y = exp(x - m) / sum, or where LOG its logarithm
// x - m - log(sum); m is the largest x. One invocation walks along one [o, :, i] three times, in order, for its
// maximum, its sum and its results; a workgroup is 64 of them.
struct Params {
  // Lanes of outer * inner.
  count: u32,
  extent: u32,
  inner: u32,
}

const LOG = false;

@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> y: array<Lane>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(workgroup_id, num_workgroups) * 64u + local;
  if (index >= params.count) { return; }
  let inner = params.inner;
  let first = index / inner * params.extent * inner + index % inner;
  let end = first + params.extent * inner;
  var largest = x[first];
  for (var at = first + inner; at < end; at += inner) { largest = max(largest, x[at]); }
  var total = Lane(0.0);
  for (var at = first; at < end; at += inner) { total += expSafe(x[at] - largest); }
  let scale = Lane(1.0) / total;
  let logTotal = log(total);
  for (var at = first; at < end; at += inner) {
    if (LOG) {
      y[at] = x[at] - largest - logTotal;
    } else {
      y[at] = expSafe(x[at] - largest) * scale;
    }
  }
}
