// uses: lib/grid
// As gemm/sum_slices, where the last lanes of each slice, from `split` on, are column sums and go to `sums`.

struct Params {
  /// Lanes of one slice, and of those that go to y.
  count: u32,
  split: u32,
  slices: u32,
}
@group(0) @binding(0) var<storage, read> partial: array<Lane>;
@group(0) @binding(1) var<storage, read_write> y: array<Lane>;
@group(0) @binding(2) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read_write> sums: array<Lane>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  var sum = Lane(0.0);
  for (var slice = 0u; slice < params.slices; slice++) { sum += partial[slice * params.count + index]; }
  if (index < params.split) {
    y[index] = epilogue(sum, index);
  } else {
    sums[index - params.split] = sum;
  }
}
