// uses: lib/grid, norm/sliceSums
// First stage of the gradient, where more than one workgroup shares an item. One invocation sums one lane of channels of
// one slice; a workgroup is 64 of them, neighbours along channels. partial is [items, slices, 2, channels].

struct Params {
  count: u32,
  steps: u32,
  slices: u32,
  channels: u32,
}
@group(0) @binding(3) var<storage, read_write> partial: array<Lane>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  let channels = params.channels;
  let row = index / channels;
  let channel = index - row * channels;
  let item = row / params.slices;
  let start = (item * params.steps + row - item * params.slices) * channels + channel;
  let sums = sliceSums(start, (item + 1u) * params.steps * channels, params.slices * channels, item, channel);
  let first = 2u * row * channels + channel;
  partial[first] = sums.sum;
  partial[first + channels] = sums.product;
}
