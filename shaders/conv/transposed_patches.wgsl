// uses: conv/patch_geometry
// A is the matrix of transposed patches: row m is an input pixel, segment is a tap, k a filter, and the value is that
// of the output pixel which used the input pixel by that tap; zero where there is none. The gradient of a convolution
// by its input, and the forward pass of a transposed convolution.

fn aOpen(m: u32, group: u32) -> AOpen {
  let x = m % geometry.outWidth;
  let y = m / geometry.outWidth % geometry.outHeight;
  let image = m / (geometry.outWidth * geometry.outHeight);
  let start = image * geometry.height * geometry.width * geometry.channels + group * geometry.groupChannels;
  return AOpen(start, i32(y) + geometry.padTop, i32(x) + geometry.padLeft);
}

fn aRow(opened: AOpen, tap: u32) -> ARow {
  let down = opened.y - i32(tap / geometry.kernelWidth * geometry.dilationY);
  let right = opened.x - i32(tap % geometry.kernelWidth * geometry.dilationX);
  let strideY = i32(geometry.strideY);
  let strideX = i32(geometry.strideX);
  let y = down / strideY;
  let x = right / strideX;
  let onGrid = (down >= 0) & (right >= 0) & (y * strideY == down) & (x * strideX == right);
  let inside = onGrid & (y < i32(geometry.height)) & (x < i32(geometry.width));
  let pixel = select(0u, u32(y) * geometry.width + u32(x), inside);
  return ARow(opened.start + pixel * geometry.channels, inside);
}
