// What one row of logits [C] adds to the totals of an evaluation; linked with confusion or noConfusion, and with the class
// weights of cross-entropy (weighted, unweighted). The prediction is the first of the largest logits. A row with the
// ignored label adds nothing; one whose label is out of range counts as a wrong answer, but has no place in the confusion
// matrix.

struct RowParams {
  classes: u32,
  ignoreIndex: i32,
  /// The label of rows that are not there.
  absentIndex: i32,
}

struct Tally {
  correct: u32,
  rows: u32,
  /// Times its weight, and the weight.
  loss: vec2f,
}

/// A loss for each row; otherwise one for all of them, which each row counts.
const LOSS_PER_ROW = false;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<i32>;
@group(0) @binding(2) var<storage, read> loss: array<f32>;
@group(0) @binding(3) var<uniform> rowParams: RowParams;

fn tallyOf(row: u32) -> Tally {
  let label = labels[row];
  if (label == rowParams.ignoreIndex || label == rowParams.absentIndex) { return Tally(0u, 0u, vec2f(0.0)); }
  let first = row * rowParams.classes;
  var best = 0u;
  var top = logits[first];
  for (var c = 1u; c < rowParams.classes; c++) {
    let logit = logits[first + c];
    if (logit > top) {
      top = logit;
      best = c;
    }
  }
  var weight = 1.0;
  if (label >= 0 && u32(label) < rowParams.classes) {
    countConfusion(u32(label) * rowParams.classes + best);
    weight = classWeight(u32(label));
  }
  let lost = weight * vec2f(loss[select(0u, row, LOSS_PER_ROW)], 1.0);
  return Tally(select(0u, 1u, label == i32(best)), 1u, lost);
}
