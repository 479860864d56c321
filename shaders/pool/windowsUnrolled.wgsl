// uses: pool/planes, pool/windowFixed
// Visits the windows that cover a pixel in row-major order: few of them, each written out, for a CPU pays at each turn of a
// loop. The kernel says what `visit` does; of windows that do not cover the pixel it hears, too.

/// The most windows that reach a pixel, along each axis.
const ROW_WINDOWS = 2u;
const COLUMN_WINDOWS = 2u;

/// `row` and `column` are the pixel's. Windows before the first one wrap around to large numbers.
fn eachWindow(row: u32, column: u32) {
  let down = row + window.top;
  let across = column + window.left;
  let lastRow = down / window.strideHeight;
  let lastColumn = across / window.strideWidth;
  // unroll
  for (var p = 0u; p < ROW_WINDOWS; p++) {
    let i = lastRow - (ROW_WINDOWS - 1u - p);
    let rowCovers = (i < planes.outHeight) & (down - i * window.strideHeight < (ROWS - 1u) * ROW_DILATION + 1u);
    // unroll
    for (var q = 0u; q < COLUMN_WINDOWS; q++) {
      let j = lastColumn - (COLUMN_WINDOWS - 1u - q);
      let columnCovers = (j < planes.outWidth) & (across - j * window.strideWidth < (COLUMNS - 1u) * COLUMN_DILATION + 1u);
      let covers = rowCovers & columnCovers;
      visit(select(0u, i, covers), select(0u, j, covers), covers);
    }
  }
}
