// uses: lib/grid, pool/planes
// Adaptive average pooling: window oh covers the rows from floor(oh * H / OH) to ceil((oh + 1) * H / OH), columns alike.
// x: [N, H, W, C]; y: [N, OH, OW, C].
// One invocation: one lane of channels of one pixel of y. One workgroup: 256 neighbours along C, then OW, OH, N.
// The taps are added in row-major order.
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> y: array<Lane>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= planes.count) { return; }
  let out = pixelAt(index, planes.outHeight, planes.outWidth);
  let top = out.row * planes.height / planes.outHeight;
  let bottom = ((out.row + 1u) * planes.height + planes.outHeight - 1u) / planes.outHeight;
  let left = out.column * planes.width / planes.outWidth;
  let right = ((out.column + 1u) * planes.width + planes.outWidth - 1u) / planes.outWidth;
  var sum = Lane(0.0);
  for (var row = top; row < bottom; row++) {
    let line = (out.image * planes.height + row) * planes.width;
    for (var column = left; column < right; column++) {
      sum += x[(line + column) * planes.channels + out.channel];
    }
  }
  y[index] = epilogue(sum / f32((bottom - top) * (right - left)), index);
}
