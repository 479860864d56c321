// B is loaded in lanes along n: it is stored as it is multiplied, [K, N].
alias BLane = Lane;
const B_DEPTH = 1u;

fn bAt(lane: BLane, i: u32) -> Lane {
  return lane;
}
