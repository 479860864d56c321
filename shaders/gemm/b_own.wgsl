// uses: gemm/b_tile
// Each invocation loads all of B that its tile needs.
const B_COLUMNS = COLUMNS * B_WIDE;
alias BSources = array<u32, B_COLUMNS>;
alias BRaw = array<BLane, B_SIZE>;

/// Where the columns from n0 on start.
fn openB(n0: u32, n: u32, batch: u32, lane: u32) -> BSources {
  var sources: BSources;
  // unroll
  for (var j = 0u; j < B_COLUMNS; j++) { sources[j] = bColumn(min(n0 + j / B_WIDE * LANES, n - LANES) + j % B_WIDE, batch); }
  return sources;
}

/// The tile that begins `offset` behind the start of its columns.
fn loadB(sources: ptr<function, BSources>, offset: u32, tile: ptr<function, BTile>) {
  let tapStride = bStrided.segment;
  let depthStride = bStrided.depth;
  var raw: BRaw;
  // unroll
  for (var tap = 0u; tap < TAPS; tap++) {
    // unroll
    for (var d = 0u; d < DEPTH / B_DEPTH; d++) {
      let at = offset + tap * tapStride + d * depthStride;
      // unroll
      for (var j = 0u; j < B_COLUMNS; j++) { raw[(tap * (DEPTH / B_DEPTH) + d) * B_COLUMNS + j] = b[(*sources)[j] + at]; }
    }
  }
  joinB(&raw, tile);
}
