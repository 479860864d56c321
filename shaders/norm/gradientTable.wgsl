// uses: lib/grid, norm/storeCoefficients
// Second stage of the gradient: joins the sums of each group of each item, in order, as norm/statistics does.

struct Params {
  /// items * groups.
  count: u32,
  groups: u32,
  groupChannels: u32,
  steps: u32,
  slices: u32,
  epsilon: f32,
}
@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read> statistics: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

/// As in norm/statistics.
const BLOCK = 16u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (workgroupIndex(id, grid) * 64u + local) / WIDTH;
  let at = min(index, params.count - 1u);
  let item = at / params.groups;
  let firstChannel = at % params.groups * params.groupChannels;
  let channels = params.groups * params.groupChannels;
  let members = params.slices * params.groupChannels;
  var sum = 0.0;
  var product = 0.0;
  for (var first = local % WIDTH; first < members; first += BLOCK * WIDTH) {
    var sumPart = 0.0;
    var productPart = 0.0;
    for (var m = first; m < min(first + BLOCK * WIDTH, members); m += WIDTH) {
      let row = 2u * (item * params.slices + m / params.groupChannels);
      let channel = firstChannel + m % params.groupChannels;
      sumPart += partial[row * channels + channel];
      productPart += partial[(row + 1u) * channels + channel];
    }
    sum += sumPart;
    product += productPart;
  }
  let sums = vec2f(joined(sum, local), joined(product, local));
  if (index >= params.count || local % WIDTH != 0u) { return; }
  let count = params.count;
  let own = GroupStatistics(
    statistics[index],
    statistics[count + index],
    statistics[2u * count + index] + params.epsilon,
    statistics[3u * count + index],
    statistics[4u * count + index],
  );
  storeCoefficients(index, count, own, sums.x, sums.y, f32(params.steps * params.groupChannels));
}
