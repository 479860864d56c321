// B is loaded in lanes along n: it is stored as it is multiplied, [K, N].
alias BLane = Lane;
alias BValue = Lane;
const B_DEPTH = 1u;
/// Vectors of B that hold one lane of columns.
const B_WIDE = 1u;

fn bAt(lane: BLane, i: u32) -> BValue {
  return lane;
}

/// The lane of columns that starts at vector `at`, in step d of the sum.
fn bJoin(raw: ptr<function, BRaw>, at: u32, d: u32) -> Lane {
  return (*raw)[at];
}
