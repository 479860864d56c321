// uses: lib/grid, pool/planes
// Gradient of adaptive average pooling: dX[n, h, w, c] = sum of dY / (size of the window) over the windows that cover
// (h, w): rows floor(h * OH / H) to ceil((h + 1) * OH / H), columns alike.
// dY: [N, OH, OW, C]; dX: [N, H, W, C].
// One invocation: one lane of one pixel of dX. One workgroup: 256 neighbours along C, then W, H, N.
// The windows are added in row-major order.
@group(0) @binding(0) var<storage, read> dY: array<Lane>;
@group(0) @binding(1) var<storage, read_write> dX: array<Lane>;

/// Sides of window `i` of `windows` over `size` positions.
fn sizeOfWindow(i: u32, windows: u32, size: u32) -> u32 {
  return ((i + 1u) * size + windows - 1u) / windows - i * size / windows;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= planes.count) { return; }
  let pixel = pixelAt(index, planes.height, planes.width);
  let top = pixel.row * planes.outHeight / planes.height;
  let bottom = ((pixel.row + 1u) * planes.outHeight + planes.height - 1u) / planes.height;
  let left = pixel.column * planes.outWidth / planes.width;
  let right = ((pixel.column + 1u) * planes.outWidth + planes.width - 1u) / planes.width;
  var sum = Lane(0.0);
  for (var i = top; i < bottom; i++) {
    let rows = sizeOfWindow(i, planes.outHeight, planes.height);
    for (var j = left; j < right; j++) {
      let source = ((pixel.image * planes.outHeight + i) * planes.outWidth + j) * planes.channels + pixel.channel;
      sum += dY[source] / f32(rows * sizeOfWindow(j, planes.outWidth, planes.width));
    }
  }
  dX[index] = epilogue(sum, index);
}
