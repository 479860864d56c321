// uses: gemm/terms
// The sum takes its products by 4, see gemm/terms2.
const TERMS = 4u;
alias Terms = vec4f;
alias LaneTerms = Lanes4;

/// From the first values; the rest is ignored.
fn termsOf(a: f32, b: f32, c: f32, d: f32) -> Terms {
  return Terms(a, b, c, d);
}

fn laneTermsOf(a: Lane, b: Lane, c: Lane, d: Lane) -> LaneTerms {
  return LaneTerms(a, b, c, d);
}
