// Stores the gradients of a row in loops over its classes.

/// `top` is the row's normalizer; all gradients are multiplied by `arriving`.
fn storeClasses(row: u32, arriving: f32, top: vec2f) {
  let first = row * params.classes;
  var total = 0.0;
  if (FROM_LOGITS) {
    for (var c = 0u; c < params.classes; c++) { total += coefficient(row, c); }
    total /= top.y;
  }
  for (var c = 0u; c < params.classes; c++) {
    var gradient = -coefficient(row, c);
    if (FROM_LOGITS) { gradient += total * expBelow(scores[first + c] - top.x); }
    dScores[first + c] = arriving * gradient;
  }
}
