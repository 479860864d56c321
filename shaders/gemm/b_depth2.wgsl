// B is loaded 2 at a time along k: it is stored transposed, [N, K]. A lane of columns is put together from as many vectors.
alias BLane = vec2f;
alias BValue = f32;
const B_DEPTH = 2u;
const B_WIDE = LANES;

fn bAt(lane: BLane, i: u32) -> BValue {
  return lane[i];
}

/// The lane of columns that starts at vector `at`, in step d of the sum.
fn bJoin(raw: ptr<function, BRaw>, at: u32, d: u32) -> Lane {
  return laneOf(
    bAt((*raw)[at], d),
    bAt((*raw)[at + min(1u, LANES - 1u)], d),
    bAt((*raw)[at + min(2u, LANES - 1u)], d),
    bAt((*raw)[at + min(3u, LANES - 1u)], d));
}
