// Adds tallies to the totals of an evaluation, by one workgroup of 64; linked with what a tally is: that of a row, or a
// partial sum over rows (ofPartials). Invocation i adds up the tallies i, i + 64, i + 128 and so on; the first invocation
// adds those 64 results, in order, to the totals, the losses by what they weigh (byRow, byShare), and keeps the loss of the
// step (ring, noRing).

struct Params {
  tallies: u32,
}

@group(0) @binding(5) var<storage, read_write> lossSum: array<vec2f>;
/// Right answers, and rows.
@group(0) @binding(6) var<storage, read_write> counts: array<u32>;
@group(0) @binding(7) var<uniform> params: Params;

var<workgroup> sharedCounts: array<vec2u, 64>;
var<workgroup> sharedLosses: array<vec2f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32) {
  var count = vec2u(0u);
  var losses = vec2f(0.0);
  for (var i = local; i < params.tallies; i += 64u) {
    let tally = tallyOf(i);
    count += vec2u(tally.correct, tally.rows);
    losses += tally.loss;
  }
  sharedCounts[local] = count;
  sharedLosses[local] = losses;
  workgroupBarrier();
  if (local > 0u) { return; }
  for (var i = 1u; i < 64u; i++) {
    count += sharedCounts[i];
    losses += sharedLosses[i];
  }
  lossSum[0] += weighed(losses);
  counts[0] += count.x;
  counts[1] += count.y;
  keepLoss();
}
