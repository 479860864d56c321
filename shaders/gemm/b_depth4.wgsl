// B is loaded 4 at a time along k: it is stored transposed, [N, K]. Y is then handled value by value.
// uses: lib/lane1
alias BLane = vec4f;
const B_DEPTH = 4u;

fn bAt(lane: BLane, i: u32) -> Lane {
  return lane[i];
}
