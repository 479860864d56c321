// What convolutions by rows of pixels share: geometry, and where the sums go.

struct Geometry {
  /// Of the image that is read.
  height: u32,
  width: u32,
  outHeight: u32,
  outWidth: u32,
  /// Stretches of PIXELS in a row, and in all rows of all images.
  stretches: u32,
  m: u32,
  n: u32,
  groupsM: u32,
  groupsN: u32,
  groups: u32,
  /// Rows of the filter times steps of channels; 1 where the whole filter is taken at once.
  steps: u32,
  strideY: u32,
  dilationY: u32,
  padTop: i32,
  padLeft: i32,
  /// Terms of the sum in one tap.
  depth: u32,
  /// Channels of a pixel, and of a group, in lanes of A.
  channels: u32,
  groupChannels: u32,
}
@group(0) @binding(3) var<uniform> geometry: Geometry;

const ACC_SIZE = PIXELS * COLUMNS;
alias Sums = array<Lane, ACC_SIZE>;

fn storeStretch(acc: ptr<function, Sums>, stretch: u32, x0: u32, row: u32, n0: u32, batch: u32) {
  if ((stretch >= geometry.m) | (n0 >= geometry.n)) { return; }
  // Columns past the end are copies of the last one and are stored over it, see gemm/tile.
  // unroll
  for (var j = 0u; j < COLUMNS; j++) {
    let n = min(n0 + j * LANES, geometry.n - LANES);
    let column = epilogueColumn(storedColumn(n, batch));
    // unroll
    for (var i = 0u; i < PIXELS; i++) {
      if (!RAGGED | (x0 + i < geometry.outWidth)) {
        store(storedRow(row * geometry.outWidth + x0 + i, batch, 0u), n, (*acc)[i * COLUMNS + j], column);
      }
    }
  }
}
