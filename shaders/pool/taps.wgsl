// uses: pool/planes, pool/window
// Visits the taps of a window in row-major order: any window, in a loop. The kernel says what `tap` does.

/// Some window reaches over the border.
const CLIPPED = true;
/// Taps are alike: none is known to be the first.
const FIRST_KNOWN = false;

/// `top` and `left` are the window's first row and column; before the border they wrap around to large numbers, which
/// are not inside either. A tap is told by how many pixels it lies behind that corner.
fn eachTap(top: u32, left: u32) {
  let down = window.dilationHeight * planes.width;
  for (var i = 0u; i < window.kernelHeight; i++) {
    for (var j = 0u; j < window.kernelWidth; j++) {
      let inside = (top + i * window.dilationHeight < planes.height) & (left + j * window.dilationWidth < planes.width);
      if (!CLIPPED || inside) { tap(i * down + j * window.dilationWidth); }
    }
  }
}
