// Shows numbers of 64 x 64 pixels over a whole canvas.
@group(0) @binding(0) var<storage, read> numbers: array<f32>;

struct Corner {
  @builtin(position) position: vec4f,
  @location(0) at: vec2f,
}

@vertex
fn corner(@builtin(vertex_index) index: u32) -> Corner {
  let at = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
  return Corner(vec4f(2.0 * at.x - 1.0, 1.0 - 2.0 * at.y, 0.0, 1.0), at);
}

fn pixelAt(at: vec2f) -> u32 {
  let pixel = vec2u(clamp(at, vec2f(0.0), vec2f(0.999)) * 64.0);
  return pixel.y * 64u + pixel.x;
}

// The picture, from -1 to 1.
@fragment
fn picture(corner: Corner) -> @location(0) vec4f {
  let level = 0.5 + 0.5 * numbers[pixelAt(corner.at)];
  return vec4f(vec3f(level), 1.0);
}

// Two logits a pixel, cell and membrane: the softmax of the second, from dark blue to yellow.
@fragment
fn answer(corner: Corner) -> @location(0) vec4f {
  let pixel = 2u * pixelAt(corner.at);
  let membrane = 1.0 / (1.0 + exp(clamp(numbers[pixel] - numbers[pixel + 1u], -50.0, 50.0)));
  return vec4f(mix(vec3f(0.05, 0.08, 0.25), vec3f(1.0, 0.85, 0.2), membrane), 1.0);
}
