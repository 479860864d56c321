// Where words of two tensors of one width stand: alone they are [outer, width]; joined, the first before the second, they
// begin at `offset` in rows of `line` words. An invocation moves one column of both in up to ROWS rows: r, r + runs, ..
// A row past the end is the last one before it, moved again.

struct Params {
  /// Invocations: runs * width.
  count: u32,
  outer: u32,
  runs: u32,
  width: u32,
  line: u32,
  offset: u32,
}
@group(0) @binding(3) var<uniform> params: Params;

const ROWS = 2u;
