// uses: lib/grid, crossEntropy/row
//
// First stage of the sum over rows: of `threads` invocations, number i adds up loss and weight of the rows i, i + threads,
// i + 2 threads and so on, in that order; then the first of each workgroup of 64 adds up those of all, in order, for `sums`.

struct PartialParams {
  threads: u32,
}

@group(0) @binding(5) var<storage, read_write> partials: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> sums: array<vec2f>;
@group(0) @binding(7) var<uniform> partialParams: PartialParams;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid);
  let first = index * 64u + local;
  var sum = vec2f(0.0);
  for (var row = first; row < params.rows; row += partialParams.threads) { sum += rowLoss(row); }
  partials[first] = sum;
  storageBarrier();
  if (local > 0u) { return; }
  for (var i = 1u; i < 64u; i++) { sum += partials[first + i]; }
  sums[index] = sum;
}
