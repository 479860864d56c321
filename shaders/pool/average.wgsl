// uses: lib/grid, pool/planes, pool/window, pool/divisor
// Average pooling: y[n, oh, ow, c] = (sum of x over the window) / divisor. Padding adds 0.
// x: [N, H, W, C]; y: [N, OH, OW, C].
// One invocation: one lane of channels of one pixel of y. One workgroup: 64 neighbours along C, then OW, OH, N.
// The taps are added in row-major order.
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> y: array<Lane>;

var<private> plane: u32;
var<private> channel: u32;
var<private> sum: Lane;

fn tap(row: u32, column: u32) {
  sum += x[(plane + row * planes.width + column) * planes.channels + channel];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= planes.count) { return; }
  let out = pixelAt(index, planes.outHeight, planes.outWidth);
  plane = out.image * planes.height * planes.width;
  channel = out.channel;
  sum = Lane(0.0);
  eachTap(out.row * window.strideHeight - window.top, out.column * window.strideWidth - window.left);
  y[index] = epilogue(sum / divisorAt(out.row, out.column), index);
}
