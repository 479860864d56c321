// uses: lib/grid
// Last stage of the gradient: dX = a dY + b (x - mean) + c, from the table of norm/gradientTable. Laid out as norm/apply:
// one invocation computes up to ROWS steps of one lane of channels.

struct GradientParams {
  count: u32,
  steps: u32,
  runs: u32,
  channels: u32,
}
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(2) var<storage, read> dY: array<Lane>;
@group(0) @binding(3) var<storage, read_write> dX: array<Lane>;
@group(0) @binding(4) var<uniform> params: GradientParams;

const ROWS = 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  let channel = index % params.channels;
  let run = index / params.channels % params.runs;
  let item = index / (params.channels * params.runs);
  let a = tableAt(0u, item, channel);
  let b = tableAt(1u, item, channel);
  let c = tableAt(2u, item, channel);
  let mean = tableAt(3u, item, channel);
  let base = item * params.steps;
  var values: array<Lane, ROWS>;
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    let at = (base + min(run + i * params.runs, params.steps - 1u)) * params.channels + channel;
    values[i] = a * dY[at] + (b * (x[at] - mean) + c);
  }
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    let step = run + i * params.runs;
    if (step < params.steps) {
      let at = (base + step) * params.channels + channel;
      dX[at] = epilogue(values[i], at);
    }
  }
}
