// uses: lib/grid, norm/sliceMoments
// First stage of mean and variance, where more than one workgroup shares an item. One invocation computes the moments of
// one lane of channels of one slice of one item; a workgroup is 64 of them, neighbours along channels. partial is
// [items, slices, 2, channels].

struct Params {
  /// Lanes of one of the two halves of partial: items * slices * channels.
  count: u32,
  steps: u32,
  slices: u32,
  channels: u32,
}
@group(0) @binding(1) var<storage, read_write> partial: array<Lane>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  let channel = index % params.channels;
  let row = index / params.channels;
  let item = row / params.slices;
  let slice = row % params.slices;
  let base = item * params.steps * params.channels;
  let steps = (params.steps - slice + params.slices - 1u) / params.slices;
  let first = base + slice * params.channels + channel;
  let all = sliceMoments(first, steps, params.slices * params.channels, shiftOf(base, channel));
  partial[2u * row * params.channels + channel] = all.mean;
  partial[(2u * row + 1u) * params.channels + channel] = all.squares;
}
