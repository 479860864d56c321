// Each invocation loads all of B that its tile needs.
alias BSources = array<u32, COLUMNS>;

fn openB(n0: u32, n: u32, segment: u32, batch: u32, lane: u32) -> BSources {
  var sources: BSources;
  // unroll
  for (var j = 0u; j < COLUMNS; j++) { sources[j] = bColumn(min(n0 + j * LANES, n - LANES), segment, batch); }
  return sources;
}

fn loadB(sources: ptr<function, BSources>, k: u32, b: ptr<function, array<BLane, B_SIZE>>) {
  // unroll
  for (var d = 0u; d < DEPTH / B_DEPTH; d++) {
    // unroll
    for (var j = 0u; j < COLUMNS; j++) { (*b)[d * COLUMNS + j] = bLoad((*sources)[j], k + d * B_DEPTH); }
  }
}
