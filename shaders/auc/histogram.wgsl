// uses: lib/grid
//
// Adds scores in [0, 1] to two histograms, that of the negatives and that of the positives, [2, bins], in place. Linked
// with what a row is (classes, values). One invocation does one row, a workgroup 64. Sums of whole numbers are the same in
// any order. Scores outside go to the first or last bin; one that is NaN to the first.

struct Params {
  rows: u32,
  /// Scores of a row, and the one that counts.
  channels: u32,
  channel: u32,
  bins: u32,
  /// Class indices: the positive one, and those of rows that take no part.
  positive: i32,
  ignoreIndex: i32,
  absentIndex: i32,
}

/// What `side` answers: the histogram of a row, or none.
const NEGATIVE = 0u;
const POSITIVE = 1u;
const NEITHER = 2u;

@group(0) @binding(0) var<storage, read> scores: array<f32>;
@group(0) @binding(1) var<storage, read_write> histogram: array<atomic<u32>>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = workgroupIndex(id, grid) * 64u + local;
  if (row >= params.rows) { return; }
  let which = side(row);
  if (which == NEITHER) { return; }
  let score = scores[row * params.channels + params.channel];
  let within = select(0.0, min(score, 1.0), score > 0.0);
  let bin = min(u32(within * f32(params.bins)), params.bins - 1u);
  atomicAdd(&histogram[which * params.bins + bin], 1u);
}
