// uses: pool/planes, pool/window
// Visits the taps of a window in row-major order: a small window, every tap written out, which a CPU runs 2 to 4 times as
// fast as the loop of pool/taps. The kernel says what `tap` does.
const ROWS = 1u;
const COLUMNS = 1u;
/// Some window reaches over the border.
const CLIPPED = true;

/// `top` and `left` are the window's first row and column; before the border they wrap around to large numbers, which
/// are not inside either.
fn eachTap(top: u32, left: u32) {
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    // unroll
    for (var j = 0u; j < COLUMNS; j++) {
      let row = top + i * window.dilationHeight;
      let column = left + j * window.dilationWidth;
      if (!CLIPPED || (row < planes.height && column < planes.width)) { tap(row, column); }
    }
  }
}
