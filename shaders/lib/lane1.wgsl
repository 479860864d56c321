// What one invocation handles at a time: one value. For last axes that no vector divides.
alias Lane = f32;
const LANES = 1u;

fn laneAt(lane: Lane, i: u32) -> f32 {
  return lane;
}
