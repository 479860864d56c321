// Rows of the AUC with labels that are numbers: positive above 1/2.

@group(0) @binding(3) var<storage, read> labels: array<f32>;

fn side(row: u32) -> u32 {
  return select(NEGATIVE, POSITIVE, labels[row * params.channels + params.channel] > 0.5);
}
