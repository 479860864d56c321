// uses: lib/grid, pool/planes, pool/window, pool/divisor
// Gradient of average pooling: dX[n, h, w, c] = sum of dY / divisor over the windows that cover (h, w).
// dY: [N, OH, OW, C]; dX: [N, H, W, C]. Any window, overlapping or not.
// One invocation: one lane of one pixel of dX. One workgroup: 256 neighbours along C, then W, H, N.
// The windows are added in row-major order.
@group(0) @binding(0) var<storage, read> dY: array<Lane>;
@group(0) @binding(1) var<storage, read_write> dX: array<Lane>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= planes.count) { return; }
  let pixel = pixelAt(index, planes.height, planes.width);
  let down = pixel.row + window.top;
  let across = pixel.column + window.left;
  let firstRow = firstWindow(down, window.kernelHeight, window.strideHeight);
  let firstColumn = firstWindow(across, window.kernelWidth, window.strideWidth);
  let lastRow = min(down / window.strideHeight, planes.outHeight - 1u);
  let lastColumn = min(across / window.strideWidth, planes.outWidth - 1u);
  var sum = Lane(0.0);
  for (var i = firstRow; i <= lastRow; i++) {
    for (var j = firstColumn; j <= lastColumn; j++) {
      let source = ((pixel.image * planes.outHeight + i) * planes.outWidth + j) * planes.channels + pixel.channel;
      sum += dY[source] / divisorAt(i, j);
    }
  }
  dX[index] = epilogue(sum, index);
}
