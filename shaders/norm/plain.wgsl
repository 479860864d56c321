// The normalized values are the result: weight 1, bias 0.

fn weightOf(group: u32) -> f32 {
  return 1.0;
}

fn biasOf(group: u32) -> f32 {
  return 0.0;
}
