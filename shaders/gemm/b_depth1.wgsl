// B is loaded 1 at a time along k: it is stored transposed, [N, K]. Y is then handled value by value.
// uses: lib/lane1
alias BLane = f32;
const B_DEPTH = 1u;

fn bAt(lane: BLane, i: u32) -> Lane {
  return lane;
}
