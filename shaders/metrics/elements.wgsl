// What one score adds to the totals of an evaluation where labels are numbers, one for each score; linked with confusion
// or noConfusion. Under COMPARE each score is an answer of its own: yes above the threshold, and right where the label is
// above 1/2. Otherwise nothing is right or wrong, and scores are only counted.

struct RowParams {
  threshold: f32,
  /// Classes of the confusion matrix.
  classes: u32,
}

struct Tally {
  correct: u32,
  rows: u32,
  /// Times its weight, and the weight.
  loss: vec2f,
}

/// A loss for each score; otherwise one for all of them, which each counts once.
const LOSS_PER_ROW = false;
const COMPARE = true;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<f32>;
@group(0) @binding(2) var<storage, read> loss: array<f32>;
@group(0) @binding(3) var<uniform> rowParams: RowParams;

fn tallyOf(row: u32) -> Tally {
  let lost = vec2f(loss[select(0u, row, LOSS_PER_ROW)], 1.0);
  if (!COMPARE) { return Tally(0u, 1u, lost); }
  let answer = select(0u, 1u, logits[row] > rowParams.threshold);
  let truth = select(0u, 1u, labels[row] > 0.5);
  countConfusion(truth * rowParams.classes + answer);
  return Tally(select(0u, 1u, answer == truth), 1u, lost);
}
