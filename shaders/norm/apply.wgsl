// uses: lib/grid
// y = (x - mean) scale + shift, with scale = weight / sqrt(variance + epsilon). x and y are [items, steps, channels] in
// lanes; the table is that of norm/statistics. One invocation computes up to ROWS steps of one lane of channels, whose
// numbers it loads once; a workgroup is 64 of them, neighbours along channels, then steps.

struct ApplyParams {
  /// Invocations: items * runs * channels.
  count: u32,
  steps: u32,
  /// Of steps of one invocation: it takes steps r, r + runs, ..
  runs: u32,
  channels: u32,
  epsilon: f32,
}
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(2) var<storage, read_write> y: array<Lane>;
@group(0) @binding(3) var<uniform> params: ApplyParams;

const ROWS = 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  let channel = index % params.channels;
  let run = index / params.channels % params.runs;
  let item = index / (params.channels * params.runs);
  let mean = tableAt(0u, item, channel);
  let scale = weightAt(channel) * inverseSqrt(tableAt(2u, item, channel) + Lane(params.epsilon));
  let shift = biasAt(channel) - tableAt(1u, item, channel) * scale;
  let base = item * params.steps;
  var values: array<Lane, ROWS>;
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    let step = min(run + i * params.runs, params.steps - 1u);
    values[i] = x[(base + step) * params.channels + channel];
  }
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    let step = run + i * params.runs;
    if (step < params.steps) {
      let at = (base + step) * params.channels + channel;
      y[at] = epilogue((values[i] - mean) * scale + shift, at);
    }
  }
}
