// What of B one step of the sum takes: TAPS segments, DEPTH terms of each, COLUMNS lanes.
const TILE_LANES = TAPS * DEPTH * COLUMNS;
/// The same in vectors as they are loaded.
const B_SIZE = TILE_LANES * B_WIDE / B_DEPTH;

/// Lane (tap, d, j) is at (tap * DEPTH + d) * COLUMNS + j.
alias BTile = array<Lane, TILE_LANES>;

/// From vectors as loaded, (tap, step of B_DEPTH, column), to lanes.
fn joinB(raw: ptr<function, BRaw>, tile: ptr<function, BTile>) {
  // unroll
  for (var row = 0u; row < TAPS * DEPTH; row++) {
    // unroll
    for (var j = 0u; j < COLUMNS; j++) { (*tile)[row * COLUMNS + j] = bJoin(raw, (row / B_DEPTH * COLUMNS + j) * B_WIDE, row % B_DEPTH); }
  }
}
