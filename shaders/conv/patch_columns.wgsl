// A is the transposed matrix of patches, for the gradient by the filter: row m is (tap, channel), segment is a row of
// output pixels, k the pixel in it. Row `ones` is all ones, so that the product's last row is the bias gradient.

struct Geometry {
  /// Of the image that is read.
  height: u32,
  width: u32,
  outHeight: u32,
  kernelWidth: u32,
  strideY: u32,
  strideX: u32,
  dilationY: u32,
  dilationX: u32,
  padTop: i32,
  padLeft: i32,
  /// Channels of a pixel in lanes.
  channels: u32,
  /// Channels of a group, which a tap has.
  tapChannels: u32,
  ones: u32,
}
@group(0) @binding(4) var<uniform> geometry: Geometry;
@group(0) @binding(0) var<storage, read> a: array<ALane>;

struct AOpen {
  /// Where the filter's tap lies, relative to the first pixel of a row of outputs.
  y: i32,
  x: i32,
  /// In lanes.
  channel: u32,
  isOnes: bool,
}

struct ARow {
  start: u32,
  x: i32,
  inside: bool,
  isOnes: bool,
}

fn aOpen(m: u32, group: u32) -> AOpen {
  let isOnes = m >= geometry.ones;
  let tap = select(m / geometry.tapChannels, 0u, isOnes);
  let channel = m % geometry.tapChannels + group * geometry.tapChannels;
  return AOpen(
    i32(tap / geometry.kernelWidth * geometry.dilationY) - geometry.padTop,
    i32(tap % geometry.kernelWidth * geometry.dilationX) - geometry.padLeft,
    select(channel / ROW_LANES, 0u, isOnes),
    isOnes);
}

fn aRow(opened: AOpen, batch: u32, segment: u32) -> ARow {
  let y = i32(segment % geometry.outHeight * geometry.strideY) + opened.y;
  let image = segment / geometry.outHeight;
  let inside = (y >= 0) & (y < i32(geometry.height));
  let row = image * geometry.height + select(0u, u32(y), inside);
  return ARow(row * geometry.width * geometry.channels + opened.channel, opened.x, inside, opened.isOnes);
}

fn aLoad(row: ARow, k: u32) -> ALane {
  let x = i32(k * geometry.strideX) + row.x;
  let inside = row.inside & (x >= 0) & (x < i32(geometry.width));
  let value = a[row.start + select(0u, u32(x), inside) * geometry.channels];
  return select(select(ALane(0.0), value, inside), ALane(1.0), row.isOnes);
}
