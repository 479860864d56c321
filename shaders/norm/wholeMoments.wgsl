// uses: lib/grid, norm/sliceMoments, norm/storeStatistics
// Mean and variance of each channel of each item, by one workgroup of 64 for `tile` neighbouring lanes of channels: its
// invocations compute the moments of the slices of these, 64 / `tile` slices apart; then one invocation for each channel joins them,
// in order. partial, by which they go from one to the other, is [items, slices, 2, channels].

struct Params {
  /// items * channels / tile.
  count: u32,
  steps: u32,
  slices: u32,
  /// In lanes.
  channels: u32,
  tile: u32,
  /// items * channels, as scalars.
  groups: u32,
  epsilon: f32,
}
@group(0) @binding(1) var<storage, read_write> partial: array<Lane>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid);
  let channels = params.channels;
  let tiles = channels / params.tile;
  let item = index / tiles;
  let firstChannel = (index - item * tiles) * params.tile;
  let base = item * params.steps * channels;
  let least = params.steps / params.slices;
  let longer = params.steps - least * params.slices;
  // Surplus workgroups have nothing to do, but to pass the barrier.
  let slices = select(0u, params.slices, index < params.count);
  let slot = local / params.tile;
  let channel = firstChannel + local - slot * params.tile;
  let shift = shiftOf(base, channel);
  for (var s = slot; s < slices; s += 64u / params.tile) {
    let steps = least + select(0u, 1u, s < longer);
    let part = sliceMoments(base + s * channels + channel, steps, params.slices * channels, shift);
    let row = 2u * (item * params.slices + s) * channels + channel;
    partial[row] = part.mean;
    partial[row + channels] = part.squares;
  }
  storageBarrier();
  if (local >= params.tile * LANES || slices == 0u) { return; }
  let lane = firstChannel + local / LANES;
  let within = local % LANES;
  var size = 0.0;
  var mean = 0.0;
  var squares = 0.0;
  for (var s = 0u; s < slices; s++) {
    let row = 2u * (item * slices + s) * channels + lane;
    let steps = f32(least + select(0u, 1u, s < longer));
    let delta = laneAt(partial[row], within) - mean;
    let share = steps / (size + steps);
    mean += delta * share;
    squares += laneAt(partial[row + channels], within) + delta * delta * (size * share);
    size += steps;
  }
  let group = (item * channels + firstChannel) * LANES + local;
  storeStatistics(group, params.groups, laneAt(x[base + lane], within), mean, squares, size, params.epsilon);
}
