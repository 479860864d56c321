// uses: lib/grid, pool/planes, pool/window
// Max pooling, y[n, oh, ow, c] = max over the window, and where it was found; min pooling with SIGN = -1.
// x: [N, H, W, C]; y and indices: [N, OH, OW, C]; an index is row * W + column in the plane of x.
// One invocation: one lane of channels of one pixel of y. One workgroup: 256 neighbours along C, then OW, OH, N.
// Taps are visited in row-major order and a later one must be larger, so that of equal values the first wins.
// Padding counts as minus infinity: its taps are left out. A NaN wins.
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> y: array<Lane>;
@group(0) @binding(2) var<storage, read_write> indices: array<LaneIndex>;

const SIGN = 1.0;

/// The window's corner: its lane in x.
var<private> corner: u32;
var<private> best: Lane;
/// Where, counted from the corner.
var<private> at: LaneIndex;

fn tap(offset: u32) {
  let value = SIGN * x[corner + offset * planes.channels];
  let better = (value > best) | (at < LaneIndex(0)) | isNan(value);
  best = select(best, value, better);
  at = select(at, LaneIndex(i32(offset)), better);
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
  best = Lane(0.0);
  at = LaneIndex(-1);
  eachTap(top, left);
  y[index] = epilogueAt(SIGN * best, index, epilogueColumn(out.channel));
  indices[index] = at + LaneIndex(i32(origin));
}
