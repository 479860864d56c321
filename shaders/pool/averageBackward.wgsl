// uses: lib/grid, pool/planes, pool/divisor
// Gradient of average pooling: dX[n, h, w, c] = sum of dY / divisor over the windows that cover (h, w).
// dY: [N, OH, OW, C]; dX: [N, H, W, C]. Any window, overlapping or not.
// One invocation: one lane of one pixel of dX. One workgroup: 256 neighbours along C, then W, H, N.
// The windows are added in row-major order.
@group(0) @binding(0) var<storage, read> dY: array<Lane>;
@group(0) @binding(1) var<storage, read_write> dX: array<Lane>;

/// Where the plane of the pixel's channels begins in dY.
var<private> plane: u32;
var<private> sum: Lane;

fn visit(i: u32, j: u32, covers: bool) {
  let share = dY[plane + (i * planes.outWidth + j) * planes.channels] / divisorAt(i, j);
  sum += select(Lane(0.0), share, covers);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= planes.count) { return; }
  let pixel = pixelAt(index, planes.height, planes.width);
  plane = pixel.image * planes.outHeight * planes.outWidth * planes.channels + pixel.channel;
  sum = Lane(0.0);
  eachWindow(pixel.row, pixel.column);
  dX[index] = epilogue(sum, index);
}
