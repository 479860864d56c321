// A is the matrix of patches of an image, never stored (implicit im2col): row m is an output pixel, segment is a tap of
// the filter, k a channel. Outside the image A is zero.
// Conditions are joined by & and not by &&, whose branches a software adapter takes ten seconds to compile.

struct PatchParams {
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
@group(0) @binding(4) var<uniform> geometry: PatchParams;
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

fn aOpen(m: u32, group: u32) -> AOpen {
  let x = m % geometry.outWidth;
  let y = m / geometry.outWidth % geometry.outHeight;
  let image = m / (geometry.outWidth * geometry.outHeight);
  let start = image * geometry.height * geometry.width * geometry.channels + group * geometry.groupChannels;
  return AOpen(start, i32(y * geometry.strideY) - geometry.padTop, i32(x * geometry.strideX) - geometry.padLeft);
}

fn aRow(opened: AOpen, tap: u32) -> ARow {
  let y = opened.y + i32(tap / geometry.kernelWidth * geometry.dilationY);
  let x = opened.x + i32(tap % geometry.kernelWidth * geometry.dilationX);
  let inside = (y >= 0) & (x >= 0) & (y < i32(geometry.height)) & (x < i32(geometry.width));
  let pixel = select(0u, u32(y) * geometry.width + u32(x), inside);
  return ARow(opened.start + pixel * geometry.channels, inside);
}

fn aLoad(row: ARow, k: u32) -> ALane {
  return select(ALane(0.0), a[row.start + k / DEPTH_LANES], row.inside);
}
