// uses: lib/grid
// First stage of the gradient: sums of dY and of dY (x - mean). All is laid out and sliced as in norm/moments; the table
// is that of norm/statistics. One invocation sums one lane of channels of one slice, steps ascending, CHUNK of them before
// they join the others; partial is [items, slices, 2, channels].

struct SumParams {
  count: u32,
  steps: u32,
  slices: u32,
  channels: u32,
}
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(2) var<storage, read> dY: array<Lane>;
@group(0) @binding(3) var<storage, read_write> partial: array<Lane>;
@group(0) @binding(4) var<uniform> params: SumParams;

const CHUNK = 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  let channels = params.channels;
  let row = index / channels;
  let channel = index - row * channels;
  let item = row / params.slices;
  let high = tableAt(0u, item, channel);
  let stride = params.slices * channels;
  let end = (item + 1u) * params.steps * channels;
  var at = (item * params.steps + row - item * params.slices) * channels + channel;
  var sum = Lane(0.0);
  var product = Lane(0.0);
  for (; at + (CHUNK - 1u) * stride < end; at += CHUNK * stride) {
    var partSum = Lane(0.0);
    var partProduct = Lane(0.0);
    // unroll
    for (var i = 0u; i < CHUNK; i++) {
      let gradient = dY[at + i * stride];
      partSum += gradient;
      partProduct += gradient * (x[at + i * stride] - high);
    }
    sum += partSum;
    product += partProduct;
  }
  for (; at < end; at += stride) {
    let gradient = dY[at];
    sum += gradient;
    product += gradient * (x[at] - high);
  }
  let first = 2u * row * channels + channel;
  partial[first] = sum;
  // The mean's low part is the same for all.
  partial[first + channels] = product - tableAt(1u, item, channel) * sum;
}
