// y, in one spot: what the gradient makes again has the bits of what the forward pass stored.

fn normalized(x: Lane, mean: Lane, scale: Lane, shift: Lane) -> Lane {
  return (x - mean) * scale + shift;
}
