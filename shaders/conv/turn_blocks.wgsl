// uses: lib/grid, conv/turn_group
// Filters of whole vectors: each invocation turns a block of 4 channels and 4 filters. Offsets, channels and filters of a
// group count vectors of 4.

@group(0) @binding(0) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> turned: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid);
  if (index >= params.groups) { return; }
  let group = groups[params.first + index];
  let item = min(group.first + local, group.items - 1u);
  let f = item % group.filters;
  let row = item / group.filters;
  let c = row % group.channels;
  let tap = row / group.channels;
  let start = group.source + row * 4u * group.filters + f;
  let turnedBlock = transpose(mat4x4f(
    parameters[start],
    parameters[start + group.filters],
    parameters[start + 2u * group.filters],
    parameters[start + 3u * group.filters],
  ));
  let to = group.copy + (tap * group.filters + f) * 4u * group.channels + c;
  // unroll
  for (var i = 0u; i < 4u; i++) { turned[to + i * group.channels] = turnedBlock[i]; }
}
