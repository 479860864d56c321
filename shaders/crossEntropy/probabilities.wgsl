// Labels of cross-entropy as a distribution over the classes, C numbers a row.

@group(0) @binding(2) var<storage, read> labels: array<f32>;

fn rowState(row: u32) -> u32 {
  return COUNTED;
}

fn targetAt(row: u32, c: u32) -> f32 {
  return labels[row * params.classes + c];
}

/// Every row counts alike in the mean, whatever its classes weigh.
fn rowWeight(row: u32) -> f32 {
  return 1.0;
}
