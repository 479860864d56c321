// What every cross-entropy kernel knows of one row: C scores s and a target distribution t over the classes. Linked
// with one file of labels (indices, probabilities) and one of class weights (weighted, unweighted).
//
//     a[c] = weight[c] * ((1 - smoothing) * t[c] + smoothing / C)
//     loss = sum over c of a[c] * (L - s[c]),      d loss / d s[c] = A * softmax(s)[c] - a[c],   A = sum of a
//
// L = log(sum(exp(s))) for logits, with the maximum taken out first; 0 for log-probabilities, where the gradient is -a.
// Sums run over c upwards.

struct CrossEntropyParams {
  rows: u32,
  classes: u32,
  /// 1 - smoothing, and smoothing / C.
  keep: f32,
  spread: f32,
  /// Bits of a NaN, which WGSL has no literal for.
  nan: u32,
}

/// Scores are logits; otherwise they are log-probabilities.
const FROM_LOGITS = true;

/// What `rowState` answers.
const COUNTED = 0u;
const IGNORED = 1u;
const OUT_OF_RANGE = 2u;

@group(0) @binding(0) var<storage, read> scores: array<f32>;
@group(0) @binding(1) var<uniform> params: CrossEntropyParams;

fn coefficient(row: u32, c: u32) -> f32 {
  return classWeight(c) * (params.keep * targetAt(row, c) + params.spread);
}

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

/// exp(x) for x <= 0; below -87 the smallest normal f32, which every sum here swallows.
fn expBelow(x: f32) -> f32 {
  return exp(max(x, -87.0));
}

/// Loss and weight of a row. An ignored row has none; a label out of range makes the loss NaN.
fn rowLoss(row: u32) -> vec2f {
  let state = rowState(row);
  if (state == IGNORED) { return vec2f(0.0); }
  if (state == OUT_OF_RANGE) { return vec2f(bitcast<f32>(params.nan), 0.0); }
  let first = row * params.classes;
  let top = normalizer(row);
  let logSum = log(top.y);
  var loss = 0.0;
  for (var c = 0u; c < params.classes; c++) {
    let a = coefficient(row, c);
    // A class without a share may have the score -infinity.
    if (a != 0.0) { loss += a * ((top.x - scores[first + c]) + logSum); }
  }
  return vec2f(loss, rowWeight(row));
}
