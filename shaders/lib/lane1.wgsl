// What one invocation handles at a time: one value. For last axes that no vector divides.
alias Lane = f32;
const LANES = 1u;

fn laneAt(lane: Lane, i: u32) -> f32 {
  return lane;
}

/// From its first values; the rest is ignored.
fn laneOf(a: f32, b: f32, c: f32, d: f32) -> Lane {
  return a;
}
