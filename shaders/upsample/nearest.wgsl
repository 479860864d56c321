// uses: lib/grid, pool/planes, upsample/ratio
// Nearest-neighbour resizing: y[n, oh, ow, c] = x[n, floor(oh * rows), floor(ow * columns), c], in exact fractions.
// x: [N, H, W, C]; y: [N, OH, OW, C].
// One invocation: one lane of channels of one pixel of y. One workgroup: 256 neighbours along C, then OW, OH, N.
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> y: array<Lane>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= planes.count) { return; }
  let out = pixelAt(index, planes.outHeight, planes.outWidth);
  let row = out.row * ratio.rows / ratio.perRows;
  let column = out.column * ratio.columns / ratio.perColumns;
  let value = x[((out.image * planes.height + row) * planes.width + column) * planes.channels + out.channel];
  y[index] = epilogue(value, index);
}
