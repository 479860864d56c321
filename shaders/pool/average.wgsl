// uses: lib/grid, pool/planes, pool/window, pool/divisor
// Average pooling: y[n, oh, ow, c] = (sum of x over the window) / divisor. Padding adds 0.
// x: [N, H, W, C]; y: [N, OH, OW, C].
// One invocation: one lane of channels of one pixel of y. One workgroup: 64 neighbours along C, then OW, OH, N.
// The taps are added in row-major order.
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> y: array<Lane>;

/// Some window reaches over the border.
const CLIPPED = true;
/// Taps to unroll; they divide the kernel size.
const ROWS = 1u;
const COLUMNS = 1u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= planes.count) { return; }
  let out = pixelAt(index, planes.outHeight, planes.outWidth);
  let plane = out.image * planes.height * planes.width;
  // Before the border these wrap around to large numbers, which are not inside either.
  let top = out.row * window.strideHeight - window.top;
  let left = out.column * window.strideWidth - window.left;
  var sum = Lane(0.0);
  for (var i = 0u; i < window.kernelHeight; i += ROWS) {
    for (var j = 0u; j < window.kernelWidth; j += COLUMNS) {
      // unroll
      for (var di = 0u; di < ROWS; di++) {
        // unroll
        for (var dj = 0u; dj < COLUMNS; dj++) {
          let row = top + i + di;
          let column = left + j + dj;
          if (!CLIPPED || (row < planes.height && column < planes.width)) {
            sum += x[(plane + row * planes.width + column) * planes.channels + out.channel];
          }
        }
      }
    }
  }
  y[index] = epilogue(sum / divisorAt(out.row, out.column), index);
}
