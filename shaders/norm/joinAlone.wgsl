// One invocation does all of a sum.
const WIDTH = 1u;

fn joined(value: f32, local: u32) -> f32 {
  return value;
}
