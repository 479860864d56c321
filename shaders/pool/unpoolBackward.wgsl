// uses: lib/grid, pool/planes
// Gradient of max unpooling: dX[n, oh, ow, c] = dY at the place that indices[n, oh, ow, c] names.
// indices and dX: [N, OH, OW, C]; dY: [N, H, W, C]. Indices outside the plane give 0.
// One invocation: one element of dX. One workgroup: 256 neighbours along C, then OW, OH, N.
@group(0) @binding(0) var<storage, read> dY: array<Lane>;
@group(0) @binding(1) var<storage, read> indices: array<i32>;
@group(0) @binding(2) var<storage, read_write> dX: array<Lane>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= planes.count) { return; }
  let to = pixelAt(index, planes.outHeight, planes.outWidth);
  let plane = planes.height * planes.width;
  let position = u32(indices[index]);
  var value = Lane(0.0);
  if (position < plane) { value = dY[(to.image * plane + position) * planes.channels + to.channel]; }
  dX[index] = epilogue(value, index);
}
