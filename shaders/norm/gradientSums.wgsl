// uses: lib/grid
// First stage of the gradient: sums of dY and of dY (x - mean). All is laid out and sliced as in norm/moments; the table
// is that of norm/statistics. One invocation sums one lane of channels of one slice, steps ascending, in two chains;
// partial is [items, slices, 2, channels].

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

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  let channel = index % params.channels;
  let row = index / params.channels;
  let item = row / params.slices;
  let slice = row % params.slices;
  let high = tableAt(0u, item, channel);
  let low = tableAt(1u, item, channel);
  let stride = params.slices * params.channels;
  let end = (item + 1u) * params.steps * params.channels;
  var at = (item * params.steps + slice) * params.channels + channel;
  var sumA = Lane(0.0);
  var sumB = Lane(0.0);
  var productA = Lane(0.0);
  var productB = Lane(0.0);
  for (; at + stride < end; at += 2u * stride) {
    let a = dY[at];
    let b = dY[at + stride];
    sumA += a;
    sumB += b;
    productA += a * ((x[at] - high) - low);
    productB += b * ((x[at + stride] - high) - low);
  }
  if (at < end) {
    sumA += dY[at];
    productA += dY[at] * ((x[at] - high) - low);
  }
  partial[2u * row * params.channels + channel] = sumA + sumB;
  partial[(2u * row + 1u) * params.channels + channel] = productA + productB;
}
