// The loss weighs what its rows weigh.

fn weighed(losses: vec2f) -> vec2f {
  return losses;
}
