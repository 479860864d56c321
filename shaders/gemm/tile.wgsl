// uses: lib/grid, gemm/sizes
// Matrix product in register tiles, without workgroup memory: Y[m, n] = sum over k of A[m, k] * B[k, n].
//
// One invocation computes ROWS x COLUMNS lanes of Y; a workgroup is GROUP_M x GROUP_N of them, neighbours
// along m. Linked siblings say where A and B come from and where Y goes, so that this loop serves dense layers and,
// with A as the patches of an image, every convolution (implicit GEMM):
//   A: aOpen(m, batch), aRow(.., batch, segment), aLoad(.., k)   gemm/a_strided, conv/patches, conv/patch_columns
//   B: openB(n, batch, lane), loadB(.., offset)                  gemm/b_own or gemm/b_quad, over gemm/b_strided
//      segmentsOf(batch), segmentAt(batch, segment): how many segments the sum has, and which of B's they are
//                                                                gemm/segments, conv/phases
//   Y: storedRow(m, batch, slice), store(.., n, value)           gemm/store, gemm/store_sums, conv/store_phases
// k runs over segments (taps of a filter, rows of an image) of `depth` each; a slice takes some of the segments.
// Order of accumulation: segments, then k within a segment, ascending.

const ROWS = 8u;
const COLUMNS = 2u;
/// k advances by this much at a time.
const DEPTH = 4u;
/// A is loaded in vectors along k (DEPTH_LANES) or along m (ROW_LANES); the other one is 1.
const DEPTH_LANES = 4u;
const ROW_LANES = 1u;
/// Groups of products that join a sum as one, see gemm/terms2.
const GROUPS = 0u;
const GROUP_M = 16u;
const GROUP_N = 1u;

const A_STRIDE = ROWS / ROW_LANES;
const A_VALUES = DEPTH / DEPTH_LANES * A_STRIDE * A_LANES;
const SINGLE_TERMS = DEPTH - GROUPS * TERMS;
const TAPS = 1u;
const ACC_SIZE = ROWS * COLUMNS;
const GROUP = GROUP_M * GROUP_N;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = workgroupIndex(id, grid);
  if (group >= tile.groups) { return; }
  let z = group / (tile.groupsM * tile.groupsN);
  let flat = group % (tile.groupsM * tile.groupsN);
  let m0 = (flat % tile.groupsM * GROUP_M + local % GROUP_M) * ROWS;
  let n0 = (flat / tile.groupsM * GROUP_N + local / GROUP_M) * COLUMNS * LANES;
  let batch = z / tile.slices;
  let slice = z % tile.slices;

  var opened: array<AOpen, A_STRIDE>;
  // unroll
  for (var i = 0u; i < A_STRIDE; i++) { opened[i] = aOpen(min(m0 + i * ROW_LANES, tile.m - 1u), batch); }
  var columns = openB(n0, tile.n, batch, local % 4u);
  var acc: array<Lane, ACC_SIZE>;

  let first = slice * tile.segmentsPerSlice;
  let last = min(first + tile.segmentsPerSlice, segmentsOf(batch));
  for (var segment = first; segment < last; segment++) {
    var rows: array<ARow, A_STRIDE>;
    // unroll
    for (var i = 0u; i < A_STRIDE; i++) { rows[i] = aRow(opened[i], batch, segment); }
    let segmentB = segmentAt(batch, segment);
    let depth = min(tile.depth, tile.total - segment * tile.depth);
    for (var k = 0u; k < depth; k += DEPTH) {
      var a: array<f32, A_VALUES>;
      // unroll
      for (var d = 0u; d < DEPTH / DEPTH_LANES; d++) {
        // unroll
        for (var i = 0u; i < A_STRIDE; i++) {
          let lane = aLoad(rows[i], k + d * DEPTH_LANES);
          // unroll
          for (var l = 0u; l < A_LANES; l++) { a[(d * A_STRIDE + i) * A_LANES + l] = aAt(lane, l); }
        }
      }
      var b: BTile;
      loadB(&columns, bOffset(segmentB, k), &b);
      var matrices = matricesOf(&b);
      // unroll
      for (var i = 0u; i < ROWS; i++) {
        // unroll
        for (var g = 0u; g < GROUPS; g++) {
          let terms = termsOf(
            a[((g * TERMS) / DEPTH_LANES * A_STRIDE + i / ROW_LANES) * A_LANES + (g * TERMS) % DEPTH_LANES + i % ROW_LANES],
            a[((g * TERMS + TERM_1) / DEPTH_LANES * A_STRIDE + i / ROW_LANES) * A_LANES + (g * TERMS + TERM_1) % DEPTH_LANES + i % ROW_LANES],
            a[((g * TERMS + TERM_2) / DEPTH_LANES * A_STRIDE + i / ROW_LANES) * A_LANES + (g * TERMS + TERM_2) % DEPTH_LANES + i % ROW_LANES],
            a[((g * TERMS + TERM_3) / DEPTH_LANES * A_STRIDE + i / ROW_LANES) * A_LANES + (g * TERMS + TERM_3) % DEPTH_LANES + i % ROW_LANES]);
          // unroll
          for (var j = 0u; j < COLUMNS; j++) { acc[i * COLUMNS + j] += matrices[g * COLUMNS + j] * terms; }
        }
        // unroll
        for (var d = 0u; d < SINGLE_TERMS; d++) {
          // unroll
          for (var j = 0u; j < COLUMNS; j++) {
            acc[i * COLUMNS + j] = fma(
              Lane(a[((GROUPS * TERMS + d) / DEPTH_LANES * A_STRIDE + i / ROW_LANES) * A_LANES + (GROUPS * TERMS + d) % DEPTH_LANES + i % ROW_LANES]),
              b[(GROUPS * TERMS + d) * COLUMNS + j],
              acc[i * COLUMNS + j]);
          }
        }
      }
    }
  }

  if ((m0 >= tile.m) | (n0 >= tile.n)) { return; }
  // Rows and columns past the end were computed as copies of the last ones, and are stored over them: one branch for the
  // whole tile, where one for each value takes a software adapter seconds to compile.
  let lastRows = (tile.m - 1u) / ROW_LANES * ROW_LANES;
  var stored: array<StoredRow, ROWS>;
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    stored[i] = storedRow(min(min(m0 + i / ROW_LANES * ROW_LANES, lastRows) + i % ROW_LANES, tile.m - 1u), batch, slice);
  }
  // unroll
  for (var j = 0u; j < COLUMNS; j++) {
    let n = min(n0 + j * LANES, tile.n - LANES);
    let column = epilogueColumn(storedColumn(n, batch));
    // unroll
    for (var i = 0u; i < ROWS; i++) { store(stored[i], n, acc[i * COLUMNS + j], column); }
  }
}
