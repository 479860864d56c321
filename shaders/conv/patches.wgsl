// uses: conv/patch_geometry
// A is the matrix of patches of an image, never stored (implicit im2col): row m is an output pixel, segment is a tap of
// the filter, k a channel. Outside the image A is zero.
// Conditions are joined by & and not by &&, whose branches a software adapter takes ten seconds to compile.

fn aOpen(m: u32, group: u32) -> AOpen {
  let x = m % geometry.outWidth;
  let y = m / geometry.outWidth % geometry.outHeight;
  let image = m / (geometry.outWidth * geometry.outHeight);
  let start = image * geometry.height * geometry.width * geometry.channels + group * geometry.groupChannels;
  return AOpen(start, i32(y * geometry.strideY) - geometry.padTop, i32(x * geometry.strideX) - geometry.padLeft);
}

fn aRow(opened: AOpen, batch: u32, tap: u32) -> ARow {
  let y = opened.y + i32(tap / geometry.kernelWidth * geometry.dilationY);
  let x = opened.x + i32(tap % geometry.kernelWidth * geometry.dilationX);
  let inside = (y >= 0) & (x >= 0) & (y < i32(geometry.height)) & (x < i32(geometry.width));
  let pixel = select(0u, u32(y) * geometry.width + u32(x), inside);
  return ARow(opened.start + pixel * geometry.channels, inside);
}
