// What every cross-entropy kernel knows of one row: C scores s and a target distribution t over the classes. Linked
// with one file of labels (indices, probabilities), one of class weights (weighted, unweighted), one of sample weights
// (sampleWeights, evenSamples), and one that goes over the classes (anyClasses, fewClasses). `rowState` comes first in a row.
//
//     a[c] = sampleWeight * weight[c] * ((1 - smoothing) * t[c] + smoothing / C)
//     loss = sum over c of a[c] * (L - s[c]),      d loss / d s[c] = A * softmax(s)[c] - a[c],   A = sum of a
//
// L = log(sum(exp(s))) for logits, with the maximum taken out first; 0 for log-probabilities, where the gradient is -a.
// Sums run over c upwards. The focal form multiplies the loss by m^gamma, m = 1 - exp(-n), n = loss / A: of a class index
// without smoothing, exp(-n) is the probability of the right class.

struct Params {
  rows: u32,
  classes: u32,
  /// 1 - smoothing, and smoothing / C.
  keep: f32,
  spread: f32,
  /// Of the focal form.
  gamma: f32,
  /// Bits of a NaN, which WGSL has no literal for.
  nan: u32,
}

/// Scores are logits; otherwise they are log-probabilities.
const FROM_LOGITS = true;
/// The focal form.
const FOCAL = false;

/// What `rowState` answers.
const COUNTED = 0u;
const IGNORED = 1u;
const OUT_OF_RANGE = 2u;

@group(0) @binding(0) var<storage, read> scores: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

fn coefficient(row: u32, c: u32) -> f32 {
  return sampleWeight(row) * classWeight(c) * (params.keep * targetAt(row, c) + params.spread);
}

/// exp(x) for x <= 0; below -87 the smallest normal f32, which every sum here swallows.
fn expBelow(x: f32) -> f32 {
  return exp(max(x, -87.0));
}

/// m^power * (m + slope * (1 - m) * n), m = 1 - exp(-n), which for small n is its series: within 2e-8 of its size.
fn focus(nll: f32, power: f32, slope: f32) -> f32 {
  let n = max(nll, 0.0);
  let series = n * (1.0 - n * (0.5 - n * (1.0 / 6.0 - n * (1.0 / 24.0 - n / 120.0))));
  // The power of 0 is left to no driver.
  let m = max(select(1.0 - expBelow(-n), series, n < 0.1), 1e-30);
  return pow(m, power) * (m + slope * (1.0 - m) * n);
}

/// Loss and weight of a row. An ignored row has none; a label out of range makes the loss NaN.
fn rowLoss(row: u32) -> vec2f {
  let state = rowState(row);
  if (state == IGNORED) { return vec2f(0.0); }
  if (state == OUT_OF_RANGE) { return vec2f(bitcast<f32>(params.nan), 0.0); }
  let sums = plainLoss(row, normalizer(row));
  var loss = sums.x;
  if (FOCAL && sums.y > 0.0) { loss *= focus(loss / sums.y, params.gamma - 1.0, 0.0); }
  return vec2f(loss, rowWeight(row));
}
