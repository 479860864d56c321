// uses: lib/grid
// Gradient of a convolution by its filter, by rows: each invocation computes one row of taps (KERNEL_WIDTH) of
// A_LANES channels for COLUMNS lanes of filters, over a slice of the output rows.
//
// For PIXELS neighbours of an output row it loads a window of the image once and uses it for all taps of the row. A
// workgroup is GROUP_M (row of taps, channels) pairs x GROUP_N. B is dY, Y and its slices are siblings of gemm/tile. One
// more pair, behind the last, multiplies by ones: the gradient by the bias.
// Order of accumulation: images, output rows, pixels.

const PIXELS = 8u;
const COLUMNS = 2u;
const KERNEL_WIDTH = 3u;
const STRIDE_X = 1u;
const DILATION_X = 1u;
/// PIXELS where it does not divide the output's width, else 0.
const RAGGED_PIXELS = 0u;
/// Groups of products that join a sum as one, see gemm/terms2.
const GROUPS = 0u;
const GROUP_M = 16u;
const GROUP_N = 1u;

const DEPTH = PIXELS;
const GROUP = GROUP_M * GROUP_N;
const ACC_SIZE = KERNEL_WIDTH * A_LANES * COLUMNS;
const TAPS = 1u;
const WINDOW = (PIXELS - 1u) * STRIDE_X + (KERNEL_WIDTH - 1u) * DILATION_X + 1u;
const WINDOW_VALUES = WINDOW * A_LANES;
const SINGLE_TERMS = PIXELS - GROUPS * TERMS;

struct Geometry {
  /// Of the image; channels of a pixel and of a group in lanes of A.
  height: u32,
  width: u32,
  channels: u32,
  groupChannels: u32,
  /// Pairs of (row of taps, channels), without and with the one of ones.
  pairs: u32,
  m: u32,
  n: u32,
  groupsM: u32,
  groupsN: u32,
  groups: u32,
  slices: u32,
  /// Rows of dY in all, in one slice, in one image; pixels of a row.
  rows: u32,
  rowsPerSlice: u32,
  outHeight: u32,
  outWidth: u32,
  strideY: u32,
  dilationY: u32,
  padTop: i32,
  padLeft: i32,
}
@group(0) @binding(3) var<uniform> geometry: Geometry;
@group(0) @binding(0) var<storage, read> a: array<ALane>;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = workgroupIndex(id, grid);
  if (group >= geometry.groups) { return; }
  let z = group / (geometry.groupsM * geometry.groupsN);
  let within = group % (geometry.groupsM * geometry.groupsN);
  let pair = within % geometry.groupsM * GROUP_M + local % GROUP_M;
  let n0 = (within / geometry.groupsM * GROUP_N + local / GROUP_M) * COLUMNS * LANES;
  let batch = z / geometry.slices;
  let slice = z % geometry.slices;

  let isOnes = pair >= geometry.pairs;
  let ky = select(pair / geometry.groupChannels, 0u, isOnes);
  let c = pair % geometry.groupChannels;
  let top = i32(ky * geometry.dilationY) - geometry.padTop;
  var columns = openB(n0, geometry.n, batch, local % 4u);
  var acc: array<Lane, ACC_SIZE>;

  let height = i32(geometry.height);
  let width = i32(geometry.width);
  let channels = geometry.channels;
  let outHeight = geometry.outHeight;
  let outWidth = geometry.outWidth;
  let rowStride = geometry.width * channels;
  let start = batch * geometry.groupChannels + c;
  let outside = ALane(select(0.0, 1.0, isOnes));
  // One loop over (row of dY, stretch of it): a software adapter pays for every sum at each end of each loop.
  var row = slice * geometry.rowsPerSlice;
  let last = min(row + geometry.rowsPerSlice, geometry.rows);
  var x0 = 0u;
  while (row < last) {
    let y = i32(row % outHeight * geometry.strideY) + top;
    let rowInside = (y >= 0) & (y < height) & !isOnes;
    let from_ = start + (row / outHeight * geometry.height + select(0u, u32(y), rowInside)) * rowStride;
    let left = i32(x0 * STRIDE_X) - geometry.padLeft;
    var window: array<f32, WINDOW_VALUES>;
    // unroll
    for (var i = 0u; i < WINDOW; i++) {
      let x = left + i32(i);
      let inside = rowInside & (x >= 0) & (x < width);
      let lane = select(outside, a[from_ + select(0u, u32(x), inside) * channels], inside);
      // unroll
      for (var l = 0u; l < A_LANES; l++) { window[i * A_LANES + l] = aAt(lane, l); }
    }
    var b: BTile;
    loadB(&columns, bOffset(row, x0), &b);
    // Behind the end of a row dY counts as zero.
    // unroll
    for (var i = 0u; i < RAGGED_PIXELS; i++) {
      // unroll
      for (var j = 0u; j < COLUMNS; j++) { b[i * COLUMNS + j] = select(b[i * COLUMNS + j], Lane(0.0), x0 + i >= outWidth); }
    }
    var matrices = matricesOf(&b);
    // unroll
    for (var kx = 0u; kx < KERNEL_WIDTH; kx++) {
      // unroll
      for (var l = 0u; l < A_LANES; l++) {
        // unroll
        for (var g = 0u; g < GROUPS; g++) {
          let terms = termsOf(
            window[((g * TERMS) * STRIDE_X + kx * DILATION_X) * A_LANES + l],
            window[((g * TERMS + TERM_1) * STRIDE_X + kx * DILATION_X) * A_LANES + l],
            window[((g * TERMS + TERM_2) * STRIDE_X + kx * DILATION_X) * A_LANES + l],
            window[((g * TERMS + TERM_3) * STRIDE_X + kx * DILATION_X) * A_LANES + l]);
          // unroll
          for (var j = 0u; j < COLUMNS; j++) { acc[(kx * A_LANES + l) * COLUMNS + j] += matrices[g * COLUMNS + j] * terms; }
        }
        // unroll
        for (var i = 0u; i < SINGLE_TERMS; i++) {
          // unroll
          for (var j = 0u; j < COLUMNS; j++) {
            acc[(kx * A_LANES + l) * COLUMNS + j] += b[(GROUPS * TERMS + i) * COLUMNS + j] * window[((GROUPS * TERMS + i) * STRIDE_X + kx * DILATION_X) * A_LANES + l];
          }
        }
      }
    }
    x0 += PIXELS;
    row += select(0u, 1u, x0 >= outWidth);
    x0 = select(x0, 0u, x0 >= outWidth);
  }

  if ((pair >= geometry.m) | (n0 >= geometry.n)) { return; }
  // Columns past the end are copies of the last one and are stored over it; so are the rows of the pair of ones.
  let ones = geometry.pairs * KERNEL_WIDTH * A_LANES;
  // unroll
  for (var j = 0u; j < COLUMNS; j++) {
    let n = min(n0 + j * LANES, geometry.n - LANES);
    let column = epilogueColumn(storedColumn(n, batch));
    // unroll
    for (var kx = 0u; kx < KERNEL_WIDTH; kx++) {
      let first = ((ky * KERNEL_WIDTH + kx) * geometry.groupChannels + c) * A_LANES;
      // unroll
      for (var l = 0u; l < A_LANES; l++) {
        store(storedRow(select(first + l, ones, isOnes), batch, slice), n, acc[(kx * A_LANES + l) * COLUMNS + j], column);
      }
    }
  }
}
