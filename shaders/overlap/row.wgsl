// What the overlap kernels know of a score: p [N, S, C] of N examples with S pixels and C channels, against a target t.
// Linked with one file of targets (classes, values) and one of pixel weights (weighted, unweighted). A row is a pixel of
// an example, N S in all.

struct Params {
  examples: u32,
  pixels: u32,
  channels: u32,
  /// Interleaved parts into which the pixels of an example are split.
  chunks: u32,
  /// Rows with these labels take no part.
  ignoreIndex: i32,
  absentIndex: i32,
  /// Bits of a NaN, which WGSL has no literal for.
  nan: u32,
}

/// What `rowState` answers.
const COUNTED = 0u;
const IGNORED = 1u;
const OUT_OF_RANGE = 2u;

@group(0) @binding(0) var<storage, read> scores: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;
