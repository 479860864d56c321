// RMSprop without momentum.

fn along(i: u32, change: vec4f) -> vec4f {
  return change;
}
