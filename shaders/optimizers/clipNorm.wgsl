// The whole gradient scaled so that its norm is at most the limit: factor min(1, limit / (norm + 1e-6)), as PyTorch.

@group(0) @binding(6) var<storage, read> norm: array<f32>;

fn clipped(gradient: vec4f, limit: f32) -> vec4f {
  return gradient * min(1.0, limit / (norm[0] + 1e-6));
}
