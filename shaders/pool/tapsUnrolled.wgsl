// uses: pool/planes, pool/windowFixed
// Visits the taps of a window in row-major order: a small window, every tap written out, which a CPU runs 2 to 4 times as
// fast as the loop of pool/taps. The kernel says what `tap` does, and `firstTap`.

/// Some window reaches over the border.
const CLIPPED = true;
/// The first tap of all windows is the one at the corner: `firstTap` takes it.
const FIRST_KNOWN = !CLIPPED;

/// `top` and `left` are the window's first row and column; before the border they wrap around to large numbers, which
/// are not inside either. A tap is told by how many pixels it lies behind that corner.
fn eachTap(top: u32, left: u32) {
  let down = window.dilationHeight * planes.width;
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    // unroll
    for (var j = 0u; j < COLUMNS; j++) {
      let inside = (top + i * window.dilationHeight < planes.height) & (left + j * window.dilationWidth < planes.width);
      if (FIRST_KNOWN && i + j == 0u) {
        firstTap();
      } else if (!CLIPPED || inside) {
        tap(i * down + j * window.dilationWidth);
      }
    }
  }
}
