// B is a matrix in memory, plain or transposed: element (segment, k, n) at n * column + segment * segment + k * depth.

struct BStrided {
  /// Strides in lanes of B; `column` for one step of LANES columns, or of one column where B is stored transposed.
  column: u32,
  /// Modulo 2^32: segments may run backwards, from `start`.
  segment: u32,
  start: u32,
  /// For one step of B_DEPTH.
  depth: u32,
  inner: u32,
  outerStride: u32,
  innerStride: u32,
}
@group(0) @binding(5) var<uniform> bStrided: BStrided;
@group(0) @binding(1) var<storage, read> b: array<BLane>;

/// Where column n of a batch starts. It divides, which is dear: once, before any loop.
fn bColumn(n: u32, batch: u32) -> u32 {
  let start = bStrided.start + batch / bStrided.inner * bStrided.outerStride + batch % bStrided.inner * bStrided.innerStride;
  return start + n / (LANES / B_WIDE) * bStrided.column;
}

/// From the start of a column to element k of a segment.
fn bOffset(segment: u32, k: u32) -> u32 {
  return segment * bStrided.segment + k / B_DEPTH * bStrided.depth;
}
