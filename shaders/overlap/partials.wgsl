// uses: lib/grid, overlap/row
//
// First stage of the sums over pixels: partials [N, chunks, C] of the sums of (w p t, w p, w t, w). One invocation walks
// the pixels chunk, chunk + chunks, chunk + 2 chunks and so on of one example and channel, in that order; a workgroup
// makes 64 neighbouring partial sums.

@group(0) @binding(4) var<storage, read_write> partials: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.examples * params.chunks * params.channels) { return; }
  let c = index % params.channels;
  let part = index / params.channels;
  let example = part / params.chunks;
  var sums = vec4f(0.0);
  for (var pixel = part % params.chunks; pixel < params.pixels; pixel += params.chunks) {
    let row = example * params.pixels + pixel;
    let state = rowState(row);
    if (state == IGNORED) { continue; }
    let p = scores[row * params.channels + c];
    let t = targetAt(row, c);
    sums += select(rowWeight(row) * vec4f(p * t, p, t, 1.0), vec4f(bitcast<f32>(params.nan)), state == OUT_OF_RANGE);
  }
  partials[index] = sums;
}
