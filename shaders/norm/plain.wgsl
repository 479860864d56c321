// The normalized values are the result: weight 1, bias 0.

fn weightAt(channel: u32) -> Lane {
  return Lane(1.0);
}

fn biasAt(channel: u32) -> Lane {
  return Lane(0.0);
}
