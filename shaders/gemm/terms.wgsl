// What kernels share that add up products by TERMS, of which gemm/terms1 to terms4 say how many those are.

/// Where the arguments of termsOf and laneTermsOf are found, of as many as there are.
const TERM_1 = min(1u, TERMS - 1u);
const TERM_2 = min(2u, TERMS - 1u);
const TERM_3 = min(3u, TERMS - 1u);

/// GROUPS x COLUMNS of them; an array has one entry at least.
const MATRICES_SIZE = max(1u, GROUPS * COLUMNS);
alias Matrices = array<LaneTerms, MATRICES_SIZE>;

/// Lanes of B, term by term, as matrices.
fn matricesOf(b: ptr<function, BTile>) -> Matrices {
  var matrices: Matrices;
  // unroll
  for (var g = 0u; g < GROUPS; g++) {
    // unroll
    for (var j = 0u; j < COLUMNS; j++) {
      matrices[g * COLUMNS + j] = laneTermsOf(
        (*b)[(g * TERMS) * COLUMNS + j],
        (*b)[(g * TERMS + TERM_1) * COLUMNS + j],
        (*b)[(g * TERMS + TERM_2) * COLUMNS + j],
        (*b)[(g * TERMS + TERM_3) * COLUMNS + j]);
    }
  }
  return matrices;
}
