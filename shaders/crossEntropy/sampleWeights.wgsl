// Sample weights of cross-entropy: a factor for each row.

@group(0) @binding(8) var<storage, read> sampleWeights: array<f32>;

fn sampleWeight(row: u32) -> f32 {
  return sampleWeights[row];
}
