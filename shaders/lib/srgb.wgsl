// The transfer functions of sRGB (IEC 61966-2-1), between light and what files and canvases hold; 0 to 1.

fn toSrgb(light: vec3f) -> vec3f {
  let low = 12.92 * light;
  let high = 1.055 * pow(max(light, vec3f(0.0031308)), vec3f(1.0 / 2.4)) - 0.055;
  return select(high, low, light <= vec3f(0.0031308));
}

fn fromSrgb(encoded: vec3f) -> vec3f {
  let low = encoded / 12.92;
  let high = pow((max(encoded, vec3f(0.04045)) + 0.055) / 1.055, vec3f(2.4));
  return select(high, low, encoded <= vec3f(0.04045));
}
