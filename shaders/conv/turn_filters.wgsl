// uses: lib/grid
// Filters with channels and filters swapped, for the gradients by the input: turned[tap, f, c] = kernel[tap, c, f], many
// filters of a network in one dispatch. Each workgroup works on one filter, which `groups` names; each invocation
// copies 4 neighbouring channels; past the last channel it copies that one again.

struct TurnParams {
  groups: u32,
}
/// Of one workgroup: its first item, all items of its filter, where filter and copy start, channels, filters.
struct TurnGroup {
  first: u32,
  items: u32,
  source: u32,
  copy: u32,
  channels: u32,
  filters: u32,
}
@group(0) @binding(0) var<storage, read> parameters: array<f32>;
@group(0) @binding(1) var<storage, read> groups: array<TurnGroup>;
@group(0) @binding(2) var<storage, read_write> turned: array<f32>;
@group(0) @binding(3) var<uniform> params: TurnParams;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid);
  if (index >= params.groups) { return; }
  let group = groups[index];
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
