// A is a matrix in memory, plain or transposed: element (m, segment, k) at m * row + segment * segment + k * depth.
// With `ones` below the row count, row `ones` of A is all ones: the product's row is then the column sums of B, which
// is how a weight gradient brings the bias gradient along.

struct AStrided {
  /// Strides in lanes of A; `row` for one step of ROW_LANES rows.
  row: u32,
  segment: u32,
  depth: u32,
  /// Batches are numbered outer * inner; a stride of 0 repeats the matrix.
  inner: u32,
  outerStride: u32,
  innerStride: u32,
  ones: u32,
}
@group(0) @binding(4) var<uniform> aStrided: AStrided;
@group(0) @binding(0) var<storage, read> a: array<ALane>;

struct AOpen {
  start: u32,
  isOnes: bool,
}
alias ARow = AOpen;

fn aOpen(m: u32, batch: u32) -> AOpen {
  let base = batch / aStrided.inner * aStrided.outerStride + batch % aStrided.inner * aStrided.innerStride;
  let isOnes = m >= aStrided.ones;
  return AOpen(base + select(m / ROW_LANES * aStrided.row, 0u, isOnes), isOnes);
}

fn aRow(opened: AOpen, batch: u32, segment: u32) -> ARow {
  return ARow(opened.start + segment * aStrided.segment, opened.isOnes);
}

fn aLoad(row: ARow, k: u32) -> ALane {
  return select(a[row.start + k / DEPTH_LANES * aStrided.depth], ALane(1.0), row.isOnes);
}
