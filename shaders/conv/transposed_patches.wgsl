// uses: conv/patch_geometry, conv/phases
// A is the matrix of transposed patches: row m is a pixel of a phase, segment is a tap, k a filter, and the value is that
// of the output pixel which used the pixel by that tap; zero where there is none. The gradient of a convolution by its
// input, and the forward pass of a transposed convolution.

fn aOpen(m: u32, batch: u32) -> AOpen {
  let pixel = phasePixel(m, batch);
  let start = pixel.image * geometry.height * geometry.width * geometry.channels + groupOf(batch) * geometry.groupChannels;
  return AOpen(start, i32(pixel.y) + geometry.padTop, i32(pixel.x) + geometry.padLeft);
}

fn aRow(opened: AOpen, batch: u32, turn: u32) -> ARow {
  let tap = phaseTap(batch, turn);
  let down = opened.y - i32(tap.y * geometry.dilationY);
  let right = opened.x - i32(tap.x * geometry.dilationX);
  let strideY = i32(geometry.strideY);
  let strideX = i32(geometry.strideX);
  let y = down / strideY;
  let x = right / strideX;
  let onGrid = (down >= 0) & (right >= 0) & (y * strideY == down) & (x * strideX == right);
  let inside = onGrid & (y < i32(geometry.height)) & (x < i32(geometry.width));
  let pixel = select(0u, u32(y) * geometry.width + u32(x), inside);
  return ARow(opened.start + pixel * geometry.channels, inside);
}
