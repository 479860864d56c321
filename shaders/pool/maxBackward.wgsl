// uses: lib/grid, pool/planes
// Gradient of max pooling: dX[n, h, w, c] = sum of dY over the windows that cover (h, w) and found their maximum there.
// dY and indices: [N, OH, OW, C]; dX: [N, H, W, C]. Any window, overlapping or not.
// One invocation: one lane of one pixel of dX. One workgroup: 256 neighbours along C, then W, H, N.
// The windows are added in row-major order.
@group(0) @binding(0) var<storage, read> dY: array<Lane>;
@group(0) @binding(1) var<storage, read> indices: array<LaneIndex>;
@group(0) @binding(2) var<storage, read_write> dX: array<Lane>;

/// The pixel's place in its plane, and where the plane of its channels begins in dY.
var<private> here: LaneIndex;
var<private> plane: u32;
var<private> sum: Lane;

fn visit(i: u32, j: u32, covers: bool) {
  let source = plane + (i * planes.outWidth + j) * planes.channels;
  sum += select(Lane(0.0), dY[source], (indices[source] == here) & LaneMask(covers));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= planes.count) { return; }
  let pixel = pixelAt(index, planes.height, planes.width);
  here = LaneIndex(i32(pixel.row * planes.width + pixel.column));
  plane = pixel.image * planes.outHeight * planes.outWidth * planes.channels + pixel.channel;
  sum = Lane(0.0);
  eachWindow(pixel.row, pixel.column);
  dX[index] = epilogue(sum, index);
}
