// A is the matrix of patches of an image, never stored (implicit im2col): row m is an output pixel, block is a tap of
// the filter, k a channel. Outside the image A is zero.
//
// TRANSPOSED: the taps lead the other way, from an input pixel to the output pixels that used it. That is the gradient
// by the input, and the forward pass of a transposed convolution.

const TRANSPOSED = false;

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
@group(0) @binding(4) var<uniform> patch: PatchParams;
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
  let x = m % patch.outWidth;
  let y = m / patch.outWidth % patch.outHeight;
  let image = m / (patch.outWidth * patch.outHeight);
  let start = image * patch.height * patch.width * patch.channels + group * patch.groupChannels;
  if (TRANSPOSED) { return AOpen(start, i32(y) + patch.padTop, i32(x) + patch.padLeft); }
  return AOpen(start, i32(y * patch.strideY) - patch.padTop, i32(x * patch.strideX) - patch.padLeft);
}

fn aRow(opened: AOpen, tap: u32) -> ARow {
  let tapY = i32(tap / patch.kernelWidth * patch.dilationY);
  let tapX = i32(tap % patch.kernelWidth * patch.dilationX);
  var y = opened.y + tapY;
  var x = opened.x + tapX;
  var onGrid = true;
  if (TRANSPOSED) {
    let down = opened.y - tapY;
    let right = opened.x - tapX;
    let strideY = i32(patch.strideY);
    let strideX = i32(patch.strideX);
    y = down / strideY;
    x = right / strideX;
    onGrid = down >= 0 && right >= 0 && y * strideY == down && x * strideX == right;
  }
  let inside = onGrid && y >= 0 && x >= 0 && y < i32(patch.height) && x < i32(patch.width);
  let pixel = select(0u, u32(y) * patch.width + u32(x), inside);
  return ARow(opened.start + pixel * patch.channels, inside);
}

fn aLoad(row: ARow, k: u32) -> ALane {
  return select(ALane(0.0), a[row.start + k / DEPTH_LANES], row.inside);
}
