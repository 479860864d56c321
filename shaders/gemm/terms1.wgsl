// uses: gemm/terms
// The sum takes its products one by one: for lanes of one value, which no matrix holds.
const TERMS = 1u;
alias Terms = f32;
alias LaneTerms = Lane;

/// From the first values; the rest is ignored.
fn termsOf(a: f32, b: f32, c: f32, d: f32) -> Terms {
  return Terms(a);
}

fn laneTermsOf(a: Lane, b: Lane, c: Lane, d: Lane) -> LaneTerms {
  return LaneTerms(a);
}
