// Centered RMSprop: the variance, mean square less squared mean; rounding must not make it negative.

@group(0) @binding(4) var<storage, read_write> meanGradient: array<vec4f>;

fn spread(i: u32, g: vec4f, s: vec4f) -> vec4f {
  let mean = hyper.rho * meanGradient[i] + hyper.gain * g;
  meanGradient[i] = mean;
  return max(s - mean * mean, vec4f(0.0));
}
