// uses: lib/grid, pool/planes
// Third of three kernels of max unpooling: y[n, h, w, c] = x at its owner, 0 where there is none.
// x: [N, OH, OW, C]; owners and y: [N, H, W, C].
// One invocation: one element of y. One workgroup: 256 neighbours along C, then W, H, N.
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read> owners: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<Lane>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= planes.count) { return; }
  let to = pixelAt(index, planes.height, planes.width);
  let owner = owners[index];
  var value = Lane(0.0);
  if (owner > 0u) {
    value = x[(to.image * planes.outHeight * planes.outWidth + owner - 1u) * planes.channels + to.channel];
  }
  y[index] = epilogue(value, index);
}
