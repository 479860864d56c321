// uses: gemm/terms
// The sum takes its products by 2: two lanes of B are the columns of a matrix, two values of A a vector.
// A software adapter compiles one product of a matrix sooner than as many multiplications, and keeps its sum in a register.
const TERMS = 2u;
alias Terms = vec2f;
alias LaneTerms = Lanes2;

/// From the first values; the rest is ignored.
fn termsOf(a: f32, b: f32, c: f32, d: f32) -> Terms {
  return Terms(a, b);
}

fn laneTermsOf(a: Lane, b: Lane, c: Lane, d: Lane) -> LaneTerms {
  return LaneTerms(a, b);
}
