// No sample weights: every row counts alike.

fn sampleWeight(row: u32) -> f32 {
  return 1.0;
}
