// uses: lib/grid
//
// Fills a tensor with one value, given as its bits: f32, i32 or u32. One invocation writes one element.

struct Params {
  count: u32,
  bits: u32,
}

@group(0) @binding(0) var<storage, read_write> values: array<u32>;
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let element = workgroupIndex(id, grid) * 64u + local;
  if (element >= params.count) { return; }
  values[element] = params.bits;
}
