// Geometry of a stored matrix of patches [pixels, taps, channels].

struct PatchParams {
  height: u32,
  width: u32,
  outHeight: u32,
  outWidth: u32,
  kernelWidth: u32,
  taps: u32,
  strideY: u32,
  strideX: u32,
  dilationY: u32,
  dilationX: u32,
  padTop: i32,
  padLeft: i32,
  /// In lanes.
  channels: u32,
  count: u32,
}
@group(0) @binding(2) var<uniform> params: PatchParams;
