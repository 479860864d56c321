enable subgroups;
// uses: gemm/b_tile
// The four invocations of a quad are neighbours along m and need the same part of B: each loads a quarter and they
// swap by quadBroadcast. Takes uniform control flow, whole quads, and quads of consecutive invocations.
const B_COLUMNS = COLUMNS * B_WIDE;
const QUAD_SIZE = (B_SIZE + 3u) / 4u;
const QUAD_ROOM = QUAD_SIZE * 4u;
alias BSources = array<u32, QUAD_SIZE>;
alias BRaw = array<BLane, QUAD_ROOM>;

/// Where the vectors lie that this invocation loads, for the columns from n0 on; those past the end repeat the last.
fn openB(n0: u32, n: u32, batch: u32, lane: u32) -> BSources {
  var sources: BSources;
  // unroll
  for (var i = 0u; i < QUAD_SIZE; i++) {
    // Divided so that most vectors have the same quotients: a division is dear, and is made once.
    let mine = select(lane, min(lane, B_SIZE - 1u - 4u * i), 4u * i + 3u >= B_SIZE);
    let j = (4u * i % B_COLUMNS + mine) % B_COLUMNS;
    let row = 4u * i / B_COLUMNS + (4u * i % B_COLUMNS + mine) / B_COLUMNS;
    let column = bColumn(min(n0 + j / B_WIDE * LANES, n - LANES) + j % B_WIDE, batch);
    sources[i] = column + bOffset(row / (DEPTH / B_DEPTH), row % (DEPTH / B_DEPTH) * B_DEPTH);
  }
  return sources;
}

/// The tile that begins `offset` behind the start of its columns.
fn loadB(sources: ptr<function, BSources>, offset: u32, tile: ptr<function, BTile>) {
  var raw: BRaw;
  // unroll
  for (var i = 0u; i < QUAD_SIZE; i++) {
    let mine = b[(*sources)[i] + offset];
    raw[4u * i] = quadBroadcast(mine, 0u);
    raw[4u * i + 1u] = quadBroadcast(mine, 1u);
    raw[4u * i + 2u] = quadBroadcast(mine, 2u);
    raw[4u * i + 3u] = quadBroadcast(mine, 3u);
  }
  joinB(&raw, tile);
}
