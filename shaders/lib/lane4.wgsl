// What one invocation handles at a time: 4 neighbours along the last axis.
alias Lane = vec4f;
const LANES = 4u;

fn laneAt(lane: Lane, i: u32) -> f32 {
  return lane[i];
}
