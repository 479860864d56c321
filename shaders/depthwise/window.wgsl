// Sizes of a depthwise convolution, whose output channel f reads input channel f / multiplier. Channels are counted in
// lanes; a lane is one value where the multiplier is not 1.

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
  strideX: u32,
  dilationY: u32,
  dilationX: u32,
  padTop: i32,
  padLeft: i32,
  /// Of y.
  channels: u32,
  multiplier: u32,
}
@group(0) @binding(3) var<uniform> params: DepthwiseParams;
