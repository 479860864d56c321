// What patches and transposed patches share: geometry, the state of a row of A, and the load, zero outside the image.

struct Geometry {
  /// Of the image that is read.
  height: u32,
  width: u32,
  /// Of the grid of rows: m = (image * outHeight + y) * outWidth + x.
  outHeight: u32,
  outWidth: u32,
  kernelWidth: u32,
  strideY: u32,
  strideX: u32,
  dilationY: u32,
  dilationX: u32,
  padTop: i32,
  padLeft: i32,
  /// Channels of a pixel, and of a group, in lanes.
  channels: u32,
  groupChannels: u32,
}
@group(0) @binding(4) var<uniform> geometry: Geometry;
@group(0) @binding(0) var<storage, read> a: array<ALane>;

struct AOpen {
  /// First pixel of the image, in lanes, with the offset of the group.
  start: u32,
  y: i32,
  x: i32,
}

struct ARow {
  start: u32,
  inside: bool,
}

fn aLoad(row: ARow, k: u32) -> ALane {
  return select(ALane(0.0), a[row.start + k / DEPTH_LANES], row.inside);
}
