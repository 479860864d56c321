// uses: pictures/tensor
// One channel as grey.
fn colourAt(at: vec2f) -> vec4f {
  return vec4f(vec3f(levelAt(at)), shown.opacity);
}
