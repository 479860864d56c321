// uses: lib/grid
// The filter turned by 180 degrees with channels and filters swapped: turned[taps - 1 - tap, f, c] = kernel[tap, c, f].
// With it the gradient by the input is a convolution of dY. Each invocation copies one number.

struct TurnParams {
  taps: u32,
  channels: u32,
  filters: u32,
}
@group(0) @binding(0) var<storage, read> kernel: array<f32>;
@group(0) @binding(1) var<storage, read_write> turned: array<f32>;
@group(0) @binding(2) var<uniform> params: TurnParams;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.taps * params.channels * params.filters) { return; }
  let c = index % params.channels;
  let filter_ = index / params.channels % params.filters;
  let tap = params.taps - 1u - index / (params.channels * params.filters);
  turned[index] = kernel[(tap * params.channels + c) * params.filters + filter_];
}
