// uses: lib/grid, pool/planes, upsample/ratio
// Gradient of nearest-neighbour resizing: dX[n, h, w, c] = sum of dY over the pixels that were copied from (h, w).
// dY: [N, OH, OW, C]; dX: [N, H, W, C].
// One invocation: one lane of one pixel of dX. One workgroup: 256 neighbours along C, then W, H, N.
// The pixels are added in row-major order.
@group(0) @binding(0) var<storage, read> dY: array<Lane>;
@group(0) @binding(1) var<storage, read_write> dX: array<Lane>;

/// First position of y whose floor(position * step / per) is at least `position` of x.
fn firstCopy(position: u32, step: u32, per: u32) -> u32 {
  return (position * per + step - 1u) / step;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= planes.count) { return; }
  let pixel = pixelAt(index, planes.height, planes.width);
  let top = firstCopy(pixel.row, ratio.rows, ratio.perRows);
  let bottom = min(firstCopy(pixel.row + 1u, ratio.rows, ratio.perRows), planes.outHeight);
  let left = firstCopy(pixel.column, ratio.columns, ratio.perColumns);
  let right = min(firstCopy(pixel.column + 1u, ratio.columns, ratio.perColumns), planes.outWidth);
  var sum = Lane(0.0);
  for (var row = top; row < bottom; row++) {
    let line = (pixel.image * planes.outHeight + row) * planes.outWidth;
    for (var column = left; column < right; column++) {
      sum += dY[(line + column) * planes.channels + pixel.channel];
    }
  }
  dX[index] = epilogue(sum, index);
}
