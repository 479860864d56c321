// uses: lib/grid, norm/normalized
// Last stage of the gradient: dX = a dY + b (x - mean) + c, from the table of norm/storeCoefficients; dY as in
// norm/sliceSums. Laid out as norm/apply: one invocation computes up to ROWS steps of one lane of channels.

struct Params {
  count: u32,
  steps: u32,
  runs: u32,
  channels: u32,
}
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(2) var<storage, read> dY: array<Lane>;
@group(0) @binding(3) var<storage, read_write> dX: array<Lane>;
@group(0) @binding(4) var<uniform> params: Params;

const ROWS = 4u;
/// A lane of channels is a lane of dX's last axis, not of a row that is taken as steps.
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
  let a = tableAt(0u, item, channel);
  let b = tableAt(1u, item, channel);
  let c = tableAt(2u, item, channel);
  let mean = tableAt(3u, item, channel);
  let shift = tableAt(4u, item, channel);
  let fetched = epilogueColumn(channel);
  var values: array<Lane, ROWS>;
  // Past the end, the first step is done again.
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    let next = first + i * stride;
    let at = select(first, next, next < end);
    let value = x[at];
    let gradient = prologue(dY[at], normalized(value, mean, a, shift));
    values[i] = a * gradient + (b * (value - mean) + c);
  }
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    let next = first + i * stride;
    let at = select(first, next, next < end);
    if (CHANNEL_IS_COLUMN) { dX[at] = epilogueAt(values[i], at, fetched); }
    else { dX[at] = epilogue(values[i], at); }
  }
}
