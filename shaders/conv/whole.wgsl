// uses: lib/grid, conv/row_geometry
// Convolution by whole filters, for filters of few taps and channels, as first layers have: as conv/rows, but an
// invocation loads all that its PIXELS x COLUMNS lanes need and multiplies once. Without a loop there is nothing to
// merge at its end, which costs a software adapter as much as the multiplications of such a filter.
// Order of accumulation: rows of the filter, columns, channels, by groups of TERMS.

const PIXELS = 8u;
const COLUMNS = 2u;
/// Channels, all of a group.
const DEPTH = 1u;
const KERNEL_HEIGHT = 3u;
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
const TAPS = KERNEL_HEIGHT * KERNEL_WIDTH;
const WINDOW = (PIXELS - 1u) * STRIDE_X + (KERNEL_WIDTH - 1u) * DILATION_X + 1u;
const PIXEL_LANES = DEPTH / A_LANES;
const ROW_VALUES = KERNEL_WIDTH * DEPTH;
const WINDOW_VALUES = KERNEL_HEIGHT * WINDOW * DEPTH;
const SINGLE_TERMS = TAPS * DEPTH - GROUPS * TERMS;

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

  let width = i32(geometry.width);
  let height = i32(geometry.height);
  let channels = geometry.channels;
  let left = i32(x0 * STRIDE_X) - geometry.padLeft;
  let top = i32(y0 * geometry.strideY) - geometry.padTop;
  let rowStride = geometry.width * channels;
  let first = image * rowStride + batch * geometry.groupChannels;
  var offsets: array<u32, WINDOW>;
  var inside: array<bool, WINDOW>;
  // unroll
  for (var i = 0u; i < WINDOW; i++) {
    let x = left + i32(i);
    inside[i] = (x >= 0) & (x < width);
    offsets[i] = select(0u, u32(x), inside[i]) * channels;
  }
  var window: array<f32, WINDOW_VALUES>;
  // unroll
  for (var ky = 0u; ky < KERNEL_HEIGHT; ky++) {
    let y = top + i32(ky * geometry.dilationY);
    let rowInside = (y >= 0) & (y < height);
    let start = first + select(0u, u32(y), rowInside) * rowStride;
    // unroll
    for (var i = 0u; i < WINDOW; i++) {
      // unroll
      for (var p = 0u; p < PIXEL_LANES; p++) {
        let lane = select(ALane(0.0), a[start + offsets[i] + p], rowInside & inside[i]);
        // unroll
        for (var d = 0u; d < A_LANES; d++) { window[((ky * WINDOW + i) * PIXEL_LANES + p) * A_LANES + d] = aAt(lane, d); }
      }
    }
  }
  var columns = openB(n0, geometry.n, batch, local % 4u);
  var b: BTile;
  loadB(&columns, 0u, &b);
  var matrices = matricesOf(&b);
  var acc: Sums;
  // unroll
  for (var i = 0u; i < PIXELS; i++) {
    // unroll
    for (var g = 0u; g < GROUPS; g++) {
      let terms = termsOf(
        window[((g * TERMS) / ROW_VALUES * WINDOW + i * STRIDE_X + (g * TERMS) % ROW_VALUES / DEPTH * DILATION_X) * DEPTH + (g * TERMS) % DEPTH],
        window[((g * TERMS + TERM_1) / ROW_VALUES * WINDOW + i * STRIDE_X + (g * TERMS + TERM_1) % ROW_VALUES / DEPTH * DILATION_X) * DEPTH + (g * TERMS + TERM_1) % DEPTH],
        window[((g * TERMS + TERM_2) / ROW_VALUES * WINDOW + i * STRIDE_X + (g * TERMS + TERM_2) % ROW_VALUES / DEPTH * DILATION_X) * DEPTH + (g * TERMS + TERM_2) % DEPTH],
        window[((g * TERMS + TERM_3) / ROW_VALUES * WINDOW + i * STRIDE_X + (g * TERMS + TERM_3) % ROW_VALUES / DEPTH * DILATION_X) * DEPTH + (g * TERMS + TERM_3) % DEPTH]);
      // unroll
      for (var j = 0u; j < COLUMNS; j++) { acc[i * COLUMNS + j] += matrices[g * COLUMNS + j] * terms; }
    }
    // unroll
    for (var t = 0u; t < SINGLE_TERMS; t++) {
      // unroll
      for (var j = 0u; j < COLUMNS; j++) {
        acc[i * COLUMNS + j] += b[(GROUPS * TERMS + t) * COLUMNS + j] * window[((GROUPS * TERMS + t) / ROW_VALUES * WINDOW + i * STRIDE_X + (GROUPS * TERMS + t) % ROW_VALUES / DEPTH * DILATION_X) * DEPTH + (GROUPS * TERMS + t) % DEPTH];
      }
    }
  }

  storeStretch(&acc, stretch, x0, row, n0, batch);
}
