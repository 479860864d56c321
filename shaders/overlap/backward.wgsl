// uses: lib/grid, overlap/row
//
// Gradient of the losses by a score: what arrives at its area times w (slope by B * t + slope by P), see overlap/total; 0
// in rows that take no part. Linked with what arrives (fromMean, fromAreas) and an epilogue of one lane. One invocation
// computes one element of [N, S, C], a workgroup 256.

struct Slopes {
  both: f32,
  predicted: f32,
}

@group(0) @binding(4) var<storage, read> slopes: array<Slopes>;
@group(0) @binding(5) var<storage, read_write> y: array<Lane>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  let row = index / params.channels;
  if (row >= params.examples * params.pixels) { return; }
  let c = index - row * params.channels;
  let area = row / params.pixels * params.channels + c;
  var value = 0.0;
  if (rowState(row) == COUNTED) {
    let slope = slopes[area];
    value = areaGradient(area) * rowWeight(row) * (slope.both * targetAt(row, c) + slope.predicted);
  }
  y[index] = epilogue(value, index);
}
