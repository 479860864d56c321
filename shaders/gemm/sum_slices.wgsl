// uses: lib/grid
// Second stage of a split sum: y[i] = sum over s of partial[s, i], s ascending. Each invocation computes one lane.

struct Params {
  /// Lanes of one slice.
  count: u32,
  slices: u32,
}
@group(0) @binding(0) var<storage, read> partial: array<Lane>;
@group(0) @binding(1) var<storage, read_write> y: array<Lane>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  var sum = Lane(0.0);
  for (var slice = 0u; slice < params.slices; slice++) { sum += partial[slice * params.count + index]; }
  y[index] = epilogue(sum, index);
}
