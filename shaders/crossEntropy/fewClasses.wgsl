// Goes over the classes of a row, a few, each written out; what is read and computed for a class is kept. Sums and their order
// are those of crossEntropy/anyClasses.

const CLASSES = 2u;

/// Scores of the row that `normalizer` saw last, and exp(score - maximum).
var<private> seen: array<f32, CLASSES>;
var<private> powers: array<f32, CLASSES>;

/// (maximum, sum of exp(score - maximum)), so that L = maximum + log(sum). (0, 1) for log-probabilities.
fn normalizer(row: u32) -> vec2f {
  // unroll
  for (var c = 0u; c < CLASSES; c++) { seen[c] = scores[row * CLASSES + c]; }
  if (!FROM_LOGITS) { return vec2f(0.0, 1.0); }
  var top = seen[0];
  // unroll
  for (var c = 0u; c < CLASSES; c++) { top = max(top, seen[c]); }
  var sum = 0.0;
  // unroll
  for (var c = 0u; c < CLASSES; c++) {
    powers[c] = expBelow(seen[c] - top);
    sum += powers[c];
  }
  return vec2f(top, sum);
}

/// Loss, and sum A of the coefficients, of a row that counts; without the focal factor.
fn plainLoss(row: u32, top: vec2f) -> vec2f {
  let logSum = log(top.y);
  var sums = vec2f(0.0);
  // unroll
  for (var c = 0u; c < CLASSES; c++) {
    let a = coefficient(row, c);
    // A class without a share may have the score -infinity.
    sums += select(vec2f(0.0), vec2f(a * ((top.x - seen[c]) + logSum), a), a != 0.0);
  }
  return sums;
}
