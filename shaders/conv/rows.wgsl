// uses: lib/grid, conv/row_geometry
// Convolution by rows: each invocation computes PIXELS neighbours of one output row for COLUMNS lanes of filters.
//
// For each row of the filter and each step of channels it loads a window of the image once and uses it for all taps of
// that row, where gemm/tile loads it once a tap; so a filter of width 5 takes a fifth of the loads. A workgroup is
// GROUP_M stretches of pixels x GROUP_N. B and Y are siblings of gemm/tile. Outside the image is zero.
// The gradient by the input, at stride 1, is this convolution of dY with the turned filter (conv/turn_filter).
// Order of accumulation: rows of the filter, channels, columns of the filter.

const PIXELS = 8u;
const COLUMNS = 2u;
const DEPTH = 1u;
const KERNEL_WIDTH = 3u;
const STRIDE_X = 1u;
const DILATION_X = 1u;
/// PIXELS does not divide the output's width.
const RAGGED = false;
/// Groups of products that join a sum as one, see gemm/terms2.
const GROUPS = 0u;
const GROUP_M = 16u;
const GROUP_N = 1u;

const GROUP = GROUP_M * GROUP_N;
/// B is loaded for all taps of a row at once.
const TAPS = KERNEL_WIDTH;
const REACH = (KERNEL_WIDTH - 1u) * DILATION_X;
const WINDOW = (PIXELS - 1u) * STRIDE_X + REACH + 1u;
const WINDOW_VALUES = WINDOW * DEPTH;
/// Products of one step, (tap, channel): GROUPS of TERMS, and the rest.
const SINGLE_TERMS = KERNEL_WIDTH * DEPTH - GROUPS * TERMS;

@group(0) @binding(0) var<storage, read> a: array<ALane>;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = workgroupIndex(id, grid);
  if (group >= geometry.groups) { return; }
  let batch = group / (geometry.groupsM * geometry.groupsN);
  let within = group % (geometry.groupsM * geometry.groupsN);
  let stretch = within % geometry.groupsM * GROUP_M + local % GROUP_M;
  let n0 = (within / geometry.groupsM * GROUP_N + local / GROUP_M) * COLUMNS * LANES;

  // Surplus invocations compute the last stretch again and store nothing: quads must stay whole.
  let at = min(stretch, geometry.m - 1u);
  let x0 = at % geometry.stretches * PIXELS;
  let row = at / geometry.stretches;
  let y0 = row % geometry.outHeight;
  let image = row / geometry.outHeight * geometry.height;
  var columns = openB(n0, geometry.n, batch, local % 4u);
  var acc: Sums;

  // Where the window's pixels lie in a row, and which of them are in the image: the same for every row.
  let width = i32(geometry.width);
  let channels = geometry.channels;
  let left = i32(x0 * STRIDE_X) - geometry.padLeft;
  var offsets: array<u32, WINDOW>;
  var inside: array<bool, WINDOW>;
  // unroll
  for (var i = 0u; i < WINDOW; i++) {
    let x = left + i32(i);
    inside[i] = (x >= 0) & (x < width);
    offsets[i] = select(0u, u32(x), inside[i]) * channels;
  }

  let depth = geometry.depth;
  let height = i32(geometry.height);
  let top = i32(y0 * geometry.strideY) - geometry.padTop;
  let rowStride = geometry.width * channels;
  let first = image * rowStride + batch * geometry.groupChannels;
  // One loop over (row of the filter, channels): a software adapter pays for every sum at each end of each loop.
  var ky = 0u;
  var k = 0u;
  for (var step = 0u; step < geometry.steps; step++) {
    let y = top + i32(ky * geometry.dilationY);
    let rowInside = (y >= 0) & (y < height);
    let start = first + select(0u, u32(y), rowInside) * rowStride + k / DEPTH;
    // Value by value: a call for each product would take a software adapter a sixth longer to compile.
    var window: array<f32, WINDOW_VALUES>;
    // unroll
    for (var i = 0u; i < WINDOW; i++) {
      let lane = select(ALane(0.0), a[start + offsets[i]], rowInside & inside[i]);
      // unroll
      for (var d = 0u; d < DEPTH; d++) { window[i * DEPTH + d] = aAt(lane, d); }
    }
    var b: BTile;
    loadB(&columns, bOffset(ky * KERNEL_WIDTH, k), &b);
    var matrices = matricesOf(&b);
    // unroll
    for (var i = 0u; i < PIXELS; i++) {
      // unroll
      for (var g = 0u; g < GROUPS; g++) {
        let terms = termsOf(
          window[(i * STRIDE_X + (g * TERMS) / DEPTH * DILATION_X) * DEPTH + (g * TERMS) % DEPTH],
          window[(i * STRIDE_X + (g * TERMS + TERM_1) / DEPTH * DILATION_X) * DEPTH + (g * TERMS + TERM_1) % DEPTH],
          window[(i * STRIDE_X + (g * TERMS + TERM_2) / DEPTH * DILATION_X) * DEPTH + (g * TERMS + TERM_2) % DEPTH],
          window[(i * STRIDE_X + (g * TERMS + TERM_3) / DEPTH * DILATION_X) * DEPTH + (g * TERMS + TERM_3) % DEPTH]);
        // unroll
        for (var j = 0u; j < COLUMNS; j++) { acc[i * COLUMNS + j] += matrices[g * COLUMNS + j] * terms; }
      }
      // unroll
      for (var t = 0u; t < SINGLE_TERMS; t++) {
        // unroll
        for (var j = 0u; j < COLUMNS; j++) {
          acc[i * COLUMNS + j] += b[(GROUPS * TERMS + t) * COLUMNS + j] * window[(i * STRIDE_X + (GROUPS * TERMS + t) / DEPTH * DILATION_X) * DEPTH + (GROUPS * TERMS + t) % DEPTH];
        }
      }
    }
    k += DEPTH;
    ky += select(0u, 1u, k >= depth);
    k = select(k, 0u, k >= depth);
  }

  storeStretch(&acc, stretch, x0, row, n0, batch);
}
