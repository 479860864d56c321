// Class weights: C numbers.

@group(0) @binding(4) var<storage, read> classWeights: array<f32>;

fn classWeight(c: u32) -> f32 {
  return classWeights[c];
}
