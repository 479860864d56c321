// uses: lib/grid, pool/planes, pool/window
// Max pooling, y[n, oh, ow, c] = max over the window, and where it was found; min pooling with SIGN = -1.
// x: [N, H, W, C]; y and indices: [N, OH, OW, C]; an index is row * W + column in the plane of x.
// One invocation: one lane of channels of one pixel of y. One workgroup: 64 neighbours along C, then OW, OH, N.
// Taps are visited in row-major order and a later one must be larger, so that of equal values the first wins.
// Padding counts as minus infinity: its taps are left out. A NaN wins.
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> y: array<Lane>;
@group(0) @binding(2) var<storage, read_write> indices: array<LaneIndex>;

const SIGN = 1.0;

var<private> plane: u32;
var<private> channel: u32;
var<private> best: Lane;
var<private> at: LaneIndex;

fn tap(row: u32, column: u32) {
  let position = row * planes.width + column;
  let value = SIGN * x[(plane + position) * planes.channels + channel];
  let better = (value > best) | (at < LaneIndex(0)) | isNan(value);
  best = select(best, value, better);
  at = select(at, LaneIndex(i32(position)), better);
}

/// By the bits: comparisons with NaN are for the compiler to drop.
fn isNan(value: Lane) -> LaneMask {
  return (bitcast<LaneIndex>(value) & LaneIndex(0x7fffffff)) > LaneIndex(0x7f800000);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= planes.count) { return; }
  let out = pixelAt(index, planes.outHeight, planes.outWidth);
  plane = out.image * planes.height * planes.width;
  channel = out.channel;
  best = Lane(0.0);
  at = LaneIndex(-1);
  eachTap(out.row * window.strideHeight - window.top, out.column * window.strideWidth - window.left);
  y[index] = epilogue(SIGN * best, index);
  indices[index] = at;
}
