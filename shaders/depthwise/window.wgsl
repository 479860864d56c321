// Sizes of a depthwise convolution, whose output channel f reads input channel f / multiplier. Channels are counted in
// lanes; a lane is one value where the multiplier is not 1.

/// Neighbours of a row for each invocation.
const PIXELS = 8u;
/// Neighbouring taps of a row of the filter that share a window; a divisor of its width.
const TAPS = 3u;
/// Rows of taps that a pixel sees, times windows of each; and as many of them as are not in a loop: all, or none.
const STEPS = 3u;
const UNROLLED = 3u;
const STRIDE_X = 1u;
const DILATION_X = 1u;

struct DepthwiseParams {
  /// Invocations.
  count: u32,
  height: u32,
  width: u32,
  outHeight: u32,
  outWidth: u32,
  kernelHeight: u32,
  kernelWidth: u32,
  strideY: u32,
  dilationY: u32,
  padTop: i32,
  padLeft: i32,
  /// Of y.
  channels: u32,
  multiplier: u32,
  /// From one row of taps to the next that a pixel of dX sees.
  rowStride: u32,
}
@group(0) @binding(3) var<uniform> params: DepthwiseParams;

/// Where a stretch lies: its image, row and first pixel, and the lane of channels, there and in the other image.
struct Stretch {
  image: u32,
  row: u32,
  column: u32,
  channel: u32,
  inChannel: u32,
}
