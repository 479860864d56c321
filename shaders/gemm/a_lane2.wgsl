// A is loaded 2 at a time.
alias ALane = vec2f;
const A_LANES = 2u;

fn aAt(lane: ALane, i: u32) -> f32 {
  return lane[i];
}
