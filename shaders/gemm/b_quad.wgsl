enable subgroups;
// The four invocations of a quad are neighbours along m and need the same part of B: each loads a quarter and they
// swap by quadBroadcast. Takes uniform control flow, whole quads, and quads of consecutive invocations.
struct QuadSource {
  column: u32,
  k: u32,
}
const QUAD_SIZE = B_SIZE / 4u;
alias BSources = array<QuadSource, QUAD_SIZE>;

fn openB(n0: u32, n: u32, segment: u32, batch: u32, lane: u32) -> BSources {
  var sources: BSources;
  // unroll
  for (var i = 0u; i < QUAD_SIZE; i++) {
    let at = 4u * i + lane;
    sources[i] = QuadSource(bColumn(min(n0 + at % COLUMNS * LANES, n - LANES), segment, batch), at / COLUMNS * B_DEPTH);
  }
  return sources;
}

fn loadB(sources: ptr<function, BSources>, k: u32, b: ptr<function, array<BLane, B_SIZE>>) {
  // unroll
  for (var i = 0u; i < QUAD_SIZE; i++) {
    let mine = bLoad((*sources)[i].column, k + (*sources)[i].k);
    (*b)[4u * i] = quadBroadcast(mine, 0u);
    (*b)[4u * i + 1u] = quadBroadcast(mine, 1u);
    (*b)[4u * i + 2u] = quadBroadcast(mine, 2u);
    (*b)[4u * i + 3u] = quadBroadcast(mine, 3u);
  }
}
