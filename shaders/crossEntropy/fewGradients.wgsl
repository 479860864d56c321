// uses: crossEntropy/fewClasses
// Stores the gradients of a row of few classes.

/// `top` is the row's normalizer; all gradients are multiplied by `arriving`.
fn storeClasses(row: u32, arriving: f32, top: vec2f) {
  var shares: array<f32, CLASSES>;
  var total = 0.0;
  // unroll
  for (var c = 0u; c < CLASSES; c++) {
    shares[c] = coefficient(row, c);
    total += shares[c];
  }
  total /= top.y;
  // unroll
  for (var c = 0u; c < CLASSES; c++) {
    var gradient = -shares[c];
    if (FROM_LOGITS) { gradient += total * powers[c]; }
    dScores[row * CLASSES + c] = arriving * gradient;
  }
}
