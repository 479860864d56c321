// Sizes of a depthwise convolution, whose output channel f reads input channel f / multiplier. Channels are counted in
// lanes; a lane is one value where the multiplier is not 1.

/// Neighbours of a row for each invocation.
const PIXELS = 8u;
/// Neighbouring taps of a row of the filter that share a window; a divisor of its width.
const TAPS = 3u;
const STRIDE_X = 1u;
const DILATION_X = 1u;

struct Params {
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
@group(0) @binding(3) var<uniform> params: Params;
