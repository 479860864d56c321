// uses: lib/grid, norm/sliceSums, norm/storeCoefficients
// Both stages of the gradient for each channel of each item in one: laid out and joined as in norm/wholeMoments.

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
@group(0) @binding(8) var<storage, read_write> partial: array<Lane>;
@group(0) @binding(9) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid);
  let channels = params.channels;
  let tiles = channels / params.tile;
  let item = index / tiles;
  let firstChannel = (index - item * tiles) * params.tile;
  // Surplus workgroups have nothing to do, but to pass the barrier.
  let slices = select(0u, params.slices, index < params.count);
  let slot = local / params.tile;
  let channel = firstChannel + local - slot * params.tile;
  let end = (item + 1u) * params.steps * channels;
  for (var s = slot; s < slices; s += 64u / params.tile) {
    let start = (item * params.steps + s) * channels + channel;
    let part = sliceSums(start, end, params.slices * channels, item, channel);
    let row = 2u * (item * params.slices + s) * channels + channel;
    partial[row] = part.sum;
    partial[row + channels] = part.product;
  }
  storageBarrier();
  if (local >= params.tile * LANES || slices == 0u) { return; }
  let lane = firstChannel + local / LANES;
  let within = local % LANES;
  var sum = 0.0;
  var product = 0.0;
  for (var s = 0u; s < slices; s++) {
    let row = 2u * (item * slices + s) * channels + lane;
    sum += laneAt(partial[row], within);
    product += laneAt(partial[row + channels], within);
  }
  let statistics = GroupStatistics(
    laneAt(tableAt(0u, item, lane), within),
    laneAt(tableAt(1u, item, lane), within),
    laneAt(tableAt(2u, item, lane), within) + params.epsilon,
    laneAt(tableAt(3u, item, lane), within),
    laneAt(tableAt(4u, item, lane), within),
  );
  let group = (item * channels + firstChannel) * LANES + local;
  storeCoefficients(group, params.groups, statistics, sum, product, f32(params.steps));
}
