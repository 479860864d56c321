// Goes over the classes of a row in loops, however many there are.

/// (maximum, sum of exp(score - maximum)), so that L = maximum + log(sum). (0, 1) for log-probabilities.
fn normalizer(row: u32) -> vec2f {
  if (!FROM_LOGITS) { return vec2f(0.0, 1.0); }
  let first = row * params.classes;
  var top = scores[first];
  for (var c = 1u; c < params.classes; c++) { top = max(top, scores[first + c]); }
  var sum = 0.0;
  for (var c = 0u; c < params.classes; c++) { sum += expBelow(scores[first + c] - top); }
  return vec2f(top, sum);
}

/// Loss, and sum A of the coefficients, of a row that counts; without the focal factor.
fn plainLoss(row: u32, top: vec2f) -> vec2f {
  let first = row * params.classes;
  let logSum = log(top.y);
  var sums = vec2f(0.0);
  for (var c = 0u; c < params.classes; c++) {
    let a = coefficient(row, c);
    // A class without a share may have the score -infinity.
    if (a != 0.0) { sums += vec2f(a * ((top.x - scores[first + c]) + logSum), a); }
  }
  return sums;
}
