// uses: pool/planes
// What the sum over a window of average pooling is divided by.
struct Divisor {
  /// For all windows alike, unless VARYING.
  fixed: f32,
  bottom: u32,
  right: u32,
}
@group(0) @binding(10) var<uniform> divisor: Divisor;

/// Windows count differently, because some reach over the border.
const VARYING = true;
/// Padding counts, but not what lies beyond it (windows added by ceilMode).
const COUNT_PADDING = true;

fn divisorAt(row: u32, column: u32) -> f32 {
  if (!VARYING) { return divisor.fixed; }
  let rows = counted(row * window.strideHeight, window.kernelHeight, window.top, planes.height, divisor.bottom);
  let columns = counted(column * window.strideWidth, window.kernelWidth, window.left, planes.width, divisor.right);
  return f32(rows * columns);
}

/// How many of the taps from `start` on count; positions are counted from the start of the padding.
fn counted(start: u32, kernel: u32, before: u32, size: u32, after: u32) -> u32 {
  let begin = select(max(start, before), start, COUNT_PADDING);
  let end = before + size + select(0u, after, COUNT_PADDING);
  return min(start + kernel, end) - begin;
}
