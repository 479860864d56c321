// The tallies that the second stage adds up: those of the first.

struct Tally {
  correct: u32,
  rows: u32,
  /// Times its weight, and the weight.
  loss: vec2f,
}

@group(0) @binding(0) var<storage, read> partialCounts: array<vec2u>;
@group(0) @binding(1) var<storage, read> partialLosses: array<vec2f>;
/// Of the step.
@group(0) @binding(2) var<storage, read> loss: array<f32>;

fn tallyOf(i: u32) -> Tally {
  let counts = partialCounts[i];
  return Tally(counts.x, counts.y, partialLosses[i]);
}
