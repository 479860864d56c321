// Weights of the pixels, one a row.

@group(0) @binding(3) var<storage, read> weights: array<f32>;

fn rowWeight(row: u32) -> f32 {
  return weights[row];
}
