// uses: lib/srgb
// What is drawn over a whole target: one triangle that covers it. A fragment asks `colourAt` for its colour, in sRGB's
// encoding and not premultiplied, and hands it on as the target wants it.

/// The target's format is one of `-srgb`, which encodes what it is given.
const TO_LIGHT = false;

struct Corner {
  @builtin(position) position: vec4f,
  /// (0, 0) at the top left of the target, (1, 1) at the bottom right.
  @location(0) at: vec2f,
}

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> Corner {
  let at = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
  return Corner(vec4f(at.x * 2.0 - 1.0, 1.0 - at.y * 2.0, 0.0, 1.0), at);
}

@fragment
fn fragment(corner: Corner) -> @location(0) vec4f {
  let colour = colourAt(corner.at);
  let shown = select(colour.rgb, fromSrgb(colour.rgb), TO_LIGHT);
  return vec4f(shown * colour.a, colour.a);
}
