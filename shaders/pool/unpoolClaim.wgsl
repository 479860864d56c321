// uses: lib/grid, pool/planes
// Second of three kernels of max unpooling: each element of x claims its place in y. Where several want the same one, the
// last in row-major order gets it, whatever the order in which they come.
// indices: [N, OH, OW, C]; owners: [N, H, W, C], 1 + the position in the plane of x, 0 for nobody.
// One invocation: one element of x. One workgroup: 256 neighbours. Indices outside the plane claim nothing.
@group(0) @binding(0) var<storage, read> indices: array<i32>;
@group(0) @binding(1) var<storage, read_write> owners: array<atomic<u32>>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= planes.count) { return; }
  let small = pixelAt(index, planes.outHeight, planes.outWidth);
  let plane = planes.height * planes.width;
  let position = u32(indices[index]);
  if (position < plane) {
    atomicMax(&owners[(small.image * plane + position) * planes.channels + small.channel], small.row * planes.outWidth + small.column + 1u);
  }
}
