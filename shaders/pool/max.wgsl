// uses: lib/grid, lib/block, pool/planes
// Max pooling, y[n, oh, ow, c] = max over the window, and where it was found; min pooling with SIGN = -1.
// x: [N, H, W, C]; y and indices: [N, OH, OW, C]; an index is row * W + column in the plane of x.
// One invocation: one block of channels of one pixel of y. One workgroup: 256 neighbours along C, then OW, OH, N.
// Taps are visited in row-major order and a later one must be larger, so that of equal values the first wins.
// Padding counts as minus infinity: its taps are left out. A NaN wins.
@group(0) @binding(0) var<storage, read> x: array<Block>;
@group(0) @binding(1) var<storage, read_write> y: array<Block>;
@group(0) @binding(2) var<storage, read_write> indices: array<IndexBlock>;

const SIGN = 1.0;

/// The window's corner: its block in x.
var<private> corner: u32;
var<private> best: Block;
/// Where, counted from the corner.
var<private> at: IndexBlock;

fn firstTap() {
  let values = x[corner];
  // unroll
  for (var k = 0u; k < BLOCK; k++) { best[k] = SIGN * values[k]; at[k] = LaneIndex(0); }
}

fn tap(offset: u32) {
  let values = x[corner + offset * planes.channels];
  // unroll
  for (var k = 0u; k < BLOCK; k++) {
    let value = SIGN * values[k];
    var better = (value > best[k]) | isNan(value);
    if (!FIRST_KNOWN) { better |= at[k] < LaneIndex(0); }
    best[k] = select(best[k], value, better);
    at[k] = select(at[k], LaneIndex(i32(offset)), better);
  }
}

/// By the bits: comparisons with NaN are for the compiler to drop.
fn isNan(value: Lane) -> LaneMask {
  return (bitcast<LaneIndex>(value) & LaneIndex(0x7fffffff)) > LaneIndex(0x7f800000);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= planes.count) { return; }
  let out = pixelAt(index, planes.outHeight, planes.outWidth);
  let top = out.row * window.strideHeight - window.top;
  let left = out.column * window.strideWidth - window.left;
  let origin = top * planes.width + left;
  corner = (out.image * planes.height * planes.width + origin) * planes.channels + out.channel;
  if (!FIRST_KNOWN) {
    // unroll
    for (var k = 0u; k < BLOCK; k++) { best[k] = Lane(0.0); at[k] = LaneIndex(-1); }
  }
  eachTap(top, left);
  // unroll
  for (var k = 0u; k < BLOCK; k++) {
    best[k] = epilogueAt(SIGN * best[k], index * BLOCK + k, epilogueColumn(out.channel * BLOCK + k));
    at[k] += LaneIndex(i32(origin));
  }
  y[index] = best;
  indices[index] = at;
}
