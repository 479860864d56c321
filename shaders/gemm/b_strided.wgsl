// B is a matrix in memory, plain or transposed: element (segment, k, n) at n * column + segment * segment + k * depth.

struct BStridedParams {
  /// Strides in lanes of B; `column` for one step of LANES columns, `depth` for one step of B_DEPTH.
  column: u32,
  segment: u32,
  depth: u32,
  inner: u32,
  outerStride: u32,
  innerStride: u32,
}
@group(0) @binding(5) var<uniform> bStrided: BStridedParams;
@group(0) @binding(1) var<storage, read> b: array<BLane>;

/// Where column n of a segment starts.
fn bColumn(n: u32, segment: u32, batch: u32) -> u32 {
  let base = batch / bStrided.inner * bStrided.outerStride + batch % bStrided.inner * bStrided.innerStride;
  return base + n / LANES * bStrided.column + segment * bStrided.segment;
}

fn bLoad(column: u32, k: u32) -> BLane {
  return b[column + k / B_DEPTH * bStrided.depth];
}
