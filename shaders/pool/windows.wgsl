// uses: pool/planes, pool/window
// Visits the windows that cover a pixel in row-major order: any window, in loops. The kernel says what `visit` does.

/// `row` and `column` are the pixel's.
fn eachWindow(row: u32, column: u32) {
  let down = row + window.top;
  let across = column + window.left;
  let firstRow = firstWindow(down, (window.kernelHeight - 1u) * window.dilationHeight + 1u, window.strideHeight);
  let firstColumn = firstWindow(across, (window.kernelWidth - 1u) * window.dilationWidth + 1u, window.strideWidth);
  let lastRow = min(down / window.strideHeight, planes.outHeight - 1u);
  let lastColumn = min(across / window.strideWidth, planes.outWidth - 1u);
  for (var i = firstRow; i <= lastRow; i++) {
    for (var j = firstColumn; j <= lastColumn; j++) { visit(i, j, true); }
  }
}
