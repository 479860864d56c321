// uses: pool/planes, pool/window
// Visits the taps of a window in row-major order: any window, in a loop. The kernel says what `tap` does.

/// Some window reaches over the border.
const CLIPPED = true;

/// `top` and `left` are the window's first row and column; before the border they wrap around to large numbers, which
/// are not inside either.
fn eachTap(top: u32, left: u32) {
  for (var i = 0u; i < window.kernelHeight; i++) {
    for (var j = 0u; j < window.kernelWidth; j++) {
      let row = top + i * window.dilationHeight;
      let column = left + j * window.dilationWidth;
      if (!CLIPPED || (row < planes.height && column < planes.width)) { tap(row, column); }
    }
  }
}
