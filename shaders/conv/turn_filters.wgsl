// uses: lib/grid, conv/turn_group
// Filters of any size: each invocation copies 4 neighbouring channels; past the last channel it copies that one again.

@group(0) @binding(0) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> turned: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid);
  if (index >= params.groups) { return; }
  let group = groups[params.first + index];
  let item = min(group.first + local, group.items - 1u);
  let steps = (group.channels + 3u) / 4u;
  let row = item / steps;
  let filter_ = row % group.filters;
  let tap = row / group.filters;
  let c = item % steps * 4u;
  // unroll
  for (var i = 0u; i < 4u; i++) {
    let at = min(c + i, group.channels - 1u);
    turned[group.copy + row * group.channels + at] =
      parameters[group.source + (tap * group.channels + at) * group.filters + filter_];
  }
}
