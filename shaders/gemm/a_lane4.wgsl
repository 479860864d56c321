// A is loaded 4 at a time.
alias ALane = vec4f;
const A_LANES = 4u;

fn aAt(lane: ALane, i: u32) -> f32 {
  return lane[i];
}
