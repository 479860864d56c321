// What one invocation handles at a time: 2 neighbours along the last axis.
alias Lane = vec2f;
const LANES = 2u;

fn laneAt(lane: Lane, i: u32) -> f32 {
  return lane[i];
}
