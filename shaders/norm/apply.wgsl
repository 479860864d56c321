// uses: lib/grid, norm/normalized
// y = (x - mean) scale + shift. x and y are [items, steps, channels] in lanes; the table is that of norm/storeStatistics. One invocation computes up to ROWS steps of one lane of channels, whose
// numbers it loads once; a workgroup is 256 of them, neighbours along channels, then steps.

struct Params {
  /// Invocations: items * runs * channels.
  count: u32,
  steps: u32,
  /// Of steps of one invocation: it takes steps r, r + runs, ..
  runs: u32,
  channels: u32,
}
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(2) var<storage, read_write> y: array<Lane>;
@group(0) @binding(3) var<uniform> params: Params;

const ROWS = 4u;
/// A lane of channels is a lane of y's last axis, not of a row that is taken as steps.
const CHANNEL_IS_COLUMN = true;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= params.count) { return; }
  let channels = params.channels;
  let row = index / channels;
  let channel = index - row * channels;
  let item = row / params.runs;
  let first = (item * params.steps + row - item * params.runs) * channels + channel;
  let end = (item + 1u) * params.steps * channels;
  let stride = params.runs * channels;
  let mean = tableAt(0u, item, channel);
  let scale = tableAt(3u, item, channel);
  let shift = tableAt(4u, item, channel);
  let fetched = epilogueColumn(channel);
  var values: array<Lane, ROWS>;
  // Past the end, the first step is done again.
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    let next = first + i * stride;
    let at = select(first, next, next < end);
    values[i] = x[at];
  }
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    let next = first + i * stride;
    let at = select(first, next, next < end);
    let value = normalized(values[i], mean, scale, shift);
    if (CHANNEL_IS_COLUMN) { y[at] = epilogueAt(value, at, fetched); }
    else { y[at] = epilogue(value, at); }
  }
}
