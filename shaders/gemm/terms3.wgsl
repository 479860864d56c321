// uses: gemm/terms
// The sum takes its products by 3, see gemm/terms2.
const TERMS = 3u;
alias Terms = vec3f;
alias LaneTerms = Lanes3;

/// From the first values; the rest is ignored.
fn termsOf(a: f32, b: f32, c: f32, d: f32) -> Terms {
  return Terms(a, b, c);
}

fn laneTermsOf(a: Lane, b: Lane, c: Lane, d: Lane) -> LaneTerms {
  return LaneTerms(a, b, c);
}
