// Gradients as they are.

fn clipped(gradient: vec4f, limit: f32) -> vec4f {
  return gradient;
}
