// uses: lib/grid, crossEntropy/row
//
// First stage of the sum over rows: of `count` invocations, number i adds up loss and weight of the rows i, i + count,
// i + 2 count and so on, in that order. A workgroup computes 64 neighbouring partial sums.

struct PartialParams {
  count: u32,
}

@group(0) @binding(5) var<storage, read_write> partials: array<vec2f>;
@group(0) @binding(6) var<uniform> partialParams: PartialParams;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let first = workgroupIndex(id, grid) * 64u + local;
  if (first >= partialParams.count) { return; }
  var sum = vec2f(0.0);
  for (var row = first; row < params.rows; row += partialParams.count) { sum += rowLoss(row); }
  partials[first] = sum;
}
