// A is loaded 1 at a time.
alias ALane = f32;
const A_LANES = 1u;

fn aAt(lane: ALane, i: u32) -> f32 {
  return lane;
}
