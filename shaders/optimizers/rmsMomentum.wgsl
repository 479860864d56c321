// RMSprop with momentum: v = momentum * v + change.

@group(0) @binding(5) var<storage, read_write> velocity: array<vec4f>;

fn along(i: u32, change: vec4f) -> vec4f {
  let v = hyper.momentum * velocity[i] + change;
  velocity[i] = v;
  return v;
}
