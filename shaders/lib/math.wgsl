// Functions of WGSL that overflow or lack precision, made safe. `Lane` is f32 or a vector.

/// exp without overflow to infinity: exp(88) is 1.65e38, the last power below the largest f32.
fn expSafe(x: Lane) -> Lane {
  return exp(clamp(x, Lane(-87.0), Lane(88.0)));
}

/// tanh; WGSL's own may be computed from exp(2x) and overflow. Beyond 9.02 the f32 result is 1.
fn tanhSafe(x: Lane) -> Lane {
  return tanh(clamp(x, Lane(-10.0), Lane(10.0)));
}

/// 1 / (1 + exp(-x)).
fn sigmoid(x: Lane) -> Lane {
  return Lane(1.0) / (Lane(1.0) + expSafe(-x));
}
