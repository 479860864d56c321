// Each component of the gradient kept within -limit and limit.

fn clipped(gradient: vec4f, limit: f32) -> vec4f {
  return clamp(gradient, vec4f(-limit), vec4f(limit));
}
