// What one invocation handles at a time: 2 neighbours along the last axis.
alias Lane = vec2f;
const LANES = 2u;
/// Several lanes, to be multiplied by a vector of as many values.
alias Lanes2 = mat2x2f;
alias Lanes3 = mat3x2f;
alias Lanes4 = mat4x2f;

fn laneAt(lane: Lane, i: u32) -> f32 {
  return lane[i];
}

/// From its first values; the rest is ignored.
fn laneOf(a: f32, b: f32, c: f32, d: f32) -> Lane {
  return vec2f(a, b);
}
