// uses: lib/grid, norm/storeStatistics
// Second stage of mean and variance: joins the slices and channels of each group of each item, in order. WIDTH
// invocations work on one group (see norm/joinAlone and norm/joinWorkgroup); a workgroup is 64. All values are scalars.

struct Params {
  /// items * groups.
  count: u32,
  groups: u32,
  groupChannels: u32,
  steps: u32,
  slices: u32,
  epsilon: f32,
}
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> partial: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

/// Terms that are summed before they join the total: rounding grows with a block and with the number of blocks, not with
/// their product.
const BLOCK = 16u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (workgroupIndex(id, grid) * 64u + local) / WIDTH;
  // Surplus invocations go through the barriers with the others, and store nothing.
  let at = min(index, params.count - 1u);
  let item = at / params.groups;
  let firstChannel = at % params.groups * params.groupChannels;
  let channels = params.groups * params.groupChannels;
  let members = params.slices * params.groupChannels;
  let size = f32(params.steps * params.groupChannels);

  var sum = 0.0;
  for (var first = local % WIDTH; first < members; first += BLOCK * WIDTH) {
    var part = 0.0;
    for (var m = first; m < min(first + BLOCK * WIDTH, members); m += WIDTH) {
      let slice = m / params.groupChannels;
      let steps = f32((params.steps - slice + params.slices - 1u) / params.slices);
      let row = 2u * (item * params.slices + slice);
      part += steps * partial[row * channels + firstChannel + m % params.groupChannels];
    }
    sum += part;
  }
  let mean = joined(sum, local) / size;
  var squares = 0.0;
  for (var first = local % WIDTH; first < members; first += BLOCK * WIDTH) {
    var part = 0.0;
    for (var m = first; m < min(first + BLOCK * WIDTH, members); m += WIDTH) {
      let slice = m / params.groupChannels;
      let steps = f32((params.steps - slice + params.slices - 1u) / params.slices);
      let row = 2u * (item * params.slices + slice);
      let channel = firstChannel + m % params.groupChannels;
      let delta = partial[row * channels + channel] - mean;
      part += partial[(row + 1u) * channels + channel] + steps * delta * delta;
    }
    squares += part;
  }
  let total = joined(squares, local);
  if (index >= params.count || local % WIDTH != 0u) { return; }
  // As norm/moments shifted them.
  let shift = x[item * params.steps * channels + select(0u, firstChannel, params.groupChannels == 1u)];
  storeStatistics(index, params.count, shift, mean, total, size, params.epsilon);
}
