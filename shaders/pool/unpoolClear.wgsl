// uses: lib/grid, pool/planes
// First of three kernels of max unpooling: nobody owns any element of y yet. owners: [N, H, W, C].
// One invocation: one element. One workgroup: 256 neighbours.
@group(0) @binding(0) var<storage, read_write> owners: array<u32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index < planes.count) { owners[index] = 0u; }
}
