// uses: lib/grid, gemm/sizes
// Matrix product in workgroup-memory tiles: the family for real GPUs. Same siblings as gemm/tile.
//
// A workgroup of GROUP_M x GROUP_N invocations computes TILE_M x TILE_N of Y, each invocation ROWS x COLUMNS lanes.
// Per step the workgroup loads TILE_K of A and B, each element once, then multiplies from workgroup memory.
// Order of accumulation: segments, then k within a segment, ascending.

const ROWS = 4u;
const COLUMNS = 1u;
const TILE_K = 16u;
const DEPTH_LANES = 4u;
const ROW_LANES = 1u;
const GROUP_M = 16u;
const GROUP_N = 16u;

const TILE_M = ROWS * GROUP_M;
const TILE_N = COLUMNS * GROUP_N;
const GROUP = GROUP_M * GROUP_N;
const ACC_SIZE = ROWS * COLUMNS;
/// Vectors of A and B in one tile, and how many each invocation loads.
const A_TILE = TILE_M / ROW_LANES * TILE_K / DEPTH_LANES;
const B_TILE = TILE_N * TILE_K / B_DEPTH;
const A_LOADS = (A_TILE + GROUP - 1u) / GROUP;
const B_LOADS = (B_TILE + GROUP - 1u) / GROUP;
/// What b_columns and b_depth join; here each vector stands alone.
alias BRaw = array<BLane, 1>;
const A_SHARED = TILE_M * TILE_K;
const B_SHARED = TILE_N * TILE_K;

/// [k][m] and [k][n lanes].
var<workgroup> aShared: array<f32, A_SHARED>;
var<workgroup> bShared: array<Lane, B_SHARED>;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = workgroupIndex(id, grid);
  if (group >= tile.groups) { return; }
  let z = group / (tile.groupsM * tile.groupsN);
  let flat = group % (tile.groupsM * tile.groupsN);
  let m0 = flat % tile.groupsM * TILE_M;
  let n0 = flat / tile.groupsM * TILE_N * LANES;
  let batch = z / tile.slices;
  let slice = z % tile.slices;
  let mine = vec2u(local % GROUP_M * ROWS, local / GROUP_M * COLUMNS);

  // The rows of A that this invocation loads: the same in every step. Vector v of the tile is k step v / rows of it.
  var opened: array<AOpen, A_LOADS>;
  // unroll
  for (var i = 0u; i < A_LOADS; i++) {
    let row = (local + i * GROUP) % (TILE_M / ROW_LANES) * ROW_LANES;
    opened[i] = aOpen(min(m0 + row, tile.m - 1u), batch);
  }
  var acc: array<Lane, ACC_SIZE>;

  let first = slice * tile.segmentsPerSlice;
  let last = min(first + tile.segmentsPerSlice, segmentsOf(batch));
  for (var segment = first; segment < last; segment++) {
    var rows: array<ARow, A_LOADS>;
    // unroll
    for (var i = 0u; i < A_LOADS; i++) { rows[i] = aRow(opened[i], batch, segment); }
    let segmentB = segmentAt(batch, segment);
    let depth = min(tile.depth, tile.total - segment * tile.depth);
    for (var k0 = 0u; k0 < depth; k0 += TILE_K) {
      // unroll
      for (var i = 0u; i < A_LOADS; i++) {
        let at = local + i * GROUP;
        let row = at % (TILE_M / ROW_LANES) * ROW_LANES;
        let k = at / (TILE_M / ROW_LANES) * DEPTH_LANES;
        if (at < A_TILE) {
          var lane = ALane(0.0);
          if (k0 + k < depth) { lane = aLoad(rows[i], k0 + k); }
          // unroll
          for (var c = 0u; c < A_LANES; c++) {
            aShared[(k + c % DEPTH_LANES) * TILE_M + row + c % ROW_LANES] = aAt(lane, c);
          }
        }
      }
      // unroll
      for (var i = 0u; i < B_LOADS; i++) {
        let at = local + i * GROUP;
        let column = at % TILE_N;
        let k = at / TILE_N * B_DEPTH;
        if (at < B_TILE) {
          let source = bColumn(min(n0 + column * LANES, tile.n - LANES), batch) + bOffset(segmentB, k0 + k);
          // unroll
          for (var d = 0u; d < B_DEPTH; d++) { bShared[(k + d) * TILE_N + column] = Lane(0.0); }
          if (k0 + k < depth) {
            let lane = b[source];
            // unroll
            for (var d = 0u; d < B_DEPTH; d++) { bShared[(k + d) * TILE_N + column] = Lane(bAt(lane, d)); }
          }
        }
      }
      workgroupBarrier();
      for (var k = 0u; k < TILE_K; k++) {
        var b: array<Lane, COLUMNS>;
        // unroll
        for (var j = 0u; j < COLUMNS; j++) { b[j] = bShared[k * TILE_N + mine.y + j]; }
        // unroll
        for (var i = 0u; i < ROWS; i++) {
          let a = Lane(aShared[k * TILE_M + mine.x + i]);
          // unroll
          for (var j = 0u; j < COLUMNS; j++) { acc[i * COLUMNS + j] = fma(a, b[j], acc[i * COLUMNS + j]); }
        }
      }
      workgroupBarrier();
    }
  }

  // unroll
  for (var i = 0u; i < ROWS; i++) {
    let m = m0 + mine.x + i;
    if (m < tile.m) {
      let row = storedRow(m, batch, slice);
      // unroll
      for (var j = 0u; j < COLUMNS; j++) {
        let n = n0 + (mine.y + j) * LANES;
        if (n < tile.n) { store(row, n, acc[i * COLUMNS + j], epilogueColumn(storedColumn(n, batch))); }
      }
    }
  }
}
