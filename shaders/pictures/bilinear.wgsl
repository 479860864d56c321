// uses: lib/srgb
// Bilinear samples of a picture (pictures/texture or pictures/video), in sRGB's encoding.

/// A rectangle of whole pixels.
struct Crop {
  corner: vec2u,
  sides: vec2u,
}

/// `at` in pixels from the corner of the crop, with pixel centres at .5 (align-corners false). Taps beyond the edge of the
/// crop are those at the edge. No antialias: of a picture that becomes much smaller, four pixels in the neighbourhood count.
fn bilinear(crop: Crop, at: vec2f, isLinear: bool) -> vec4f {
  let last = vec2f(crop.sides) - 1.0;
  let centre = clamp(at - 0.5, vec2f(0.0), last);
  let low = vec2u(centre);
  let high = min(low + 1u, vec2u(last));
  let part = centre - vec2f(low);
  let top = mix(tap(crop, low, isLinear), tap(crop, vec2u(high.x, low.y), isLinear), part.x);
  let bottom = mix(tap(crop, vec2u(low.x, high.y), isLinear), tap(crop, high, isLinear), part.x);
  return mix(top, bottom, part.y);
}

/// A texture of a format `-srgb` is decoded when it is loaded: its values are encoded again. They were bytes, so they are
/// rounded to bytes: a device may decode by an approximation that is off by a third of a byte.
fn tap(crop: Crop, at: vec2u, isLinear: bool) -> vec4f {
  let texel = texelAt(crop.corner + at);
  let bytes = round(toSrgb(texel.rgb) * 255.0);
  return select(texel, vec4f(bytes / 255.0, texel.a), isLinear);
}
