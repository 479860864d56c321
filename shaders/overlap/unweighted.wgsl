// No weights: every pixel weighs 1.

fn rowWeight(row: u32) -> f32 {
  return 1.0;
}
