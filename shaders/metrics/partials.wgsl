// uses: lib/grid
//
// First stage over many rows, linked with what a row adds (row, elements): of `threads` invocations, number i tallies the rows i, i + threads, i + 2 threads and so
// on, in that order. A workgroup makes 64 neighbouring partial tallies.

struct Params {
  rows: u32,
  threads: u32,
}

@group(0) @binding(5) var<storage, read_write> partialCounts: array<vec2u>;
@group(0) @binding(6) var<storage, read_write> partialLosses: array<vec2f>;
@group(0) @binding(7) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = workgroupIndex(id, grid) * 64u + local;
  if (first >= params.threads) { return; }
  var counts = vec2u(0u);
  var losses = vec2f(0.0);
  for (var row = first; row < params.rows; row += params.threads) {
    let tally = tallyOf(row);
    counts += vec2u(tally.correct, tally.rows);
    losses += tally.loss;
  }
  partialCounts[first] = counts;
  partialLosses[first] = losses;
}
