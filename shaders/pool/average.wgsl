// uses: lib/grid, lib/block, pool/planes, pool/divisor
// Average pooling: y[n, oh, ow, c] = (sum of x over the window) / divisor. Padding adds 0.
// x: [N, H, W, C]; y: [N, OH, OW, C].
// One invocation: one block of channels of one pixel of y. One workgroup: 256 neighbours along C, then OW, OH, N.
// The taps are added in row-major order.
@group(0) @binding(0) var<storage, read> x: array<Block>;
@group(0) @binding(1) var<storage, read_write> y: array<Block>;

/// The window's corner: its block in x.
var<private> corner: u32;
var<private> sum: Block;

fn firstTap() {
  sum = x[corner];
}

fn tap(offset: u32) {
  let values = x[corner + offset * planes.channels];
  // unroll
  for (var k = 0u; k < BLOCK; k++) { sum[k] += values[k]; }
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
    for (var k = 0u; k < BLOCK; k++) { sum[k] = Lane(0.0); }
  }
  eachTap(top, left);
  let divisor = divisorAt(out.row, out.column);
  // unroll
  for (var k = 0u; k < BLOCK; k++) {
    sum[k] = epilogueAt(sum[k] / divisor, index * BLOCK + k, epilogueColumn(out.channel * BLOCK + k));
  }
  y[index] = sum;
}
