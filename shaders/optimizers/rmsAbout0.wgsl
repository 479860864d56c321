// RMSprop, not centered: the mean square as it is.

fn spread(i: u32, g: vec4f, s: vec4f) -> vec4f {
  return s;
}
