// uses: lib/grid
// Second stage of the gradient: joins the sums of each group of each item, in order, as norm/statistics does. The result
// is the table [4, items, groups] of a, b, c and the mean's high part, by which dX = a dY + b (x - mean) + c:
//
//     a = weight i,   b = -a i^2 mean(dY (x - mean)),   c = -a mean(dY),   i = 1 / sqrt(variance + epsilon)
//
// Means are over the group. A sibling takes the gradients of weight and bias, if any.

struct TableSumParams {
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
@group(0) @binding(2) var<storage, read_write> coefficients: array<f32>;
@group(0) @binding(3) var<uniform> params: TableSumParams;

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
  let dBias = joined(sum, local);
  let dScale = joined(product, local);
  if (index >= params.count || local % WIDTH != 0u) { return; }
  let size = f32(params.steps * params.groupChannels);
  let inverse = inverseSqrt(statistics[2u * params.count + index] + params.epsilon);
  let a = weightOf(index) * inverse;
  let b = -a * inverse * inverse * (dScale / size);
  coefficients[index] = a;
  coefficients[params.count + index] = b;
  // The mean's low part, times b, is the same everywhere.
  coefficients[2u * params.count + index] = -a * (dBias / size) - b * statistics[params.count + index];
  coefficients[3u * params.count + index] = statistics[index];
  storeGradients(index, dScale * inverse, dBias);
}
