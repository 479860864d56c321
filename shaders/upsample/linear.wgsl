// uses: lib/grid, upsample/line
// Linear resizing of one axis: y[a, o, i] = (1 - w) x[a, low, i] + w x[a, low + 1, i]. Bilinear: this along W, then H, or upsample/bilinear.
// x: [outer, size, inner]; y: [outer, out, inner].
// One invocation: one lane of y. One workgroup: 256 neighbours along inner, then out, outer.
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> y: array<Lane>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= line.count) { return; }
  let position = index / line.inner;
  let at = between(i32(position % u32(line.out)));
  let start = position / u32(line.out) * u32(line.size);
  let i = index % line.inner;
  let low = x[(start + u32(at.low)) * line.inner + i];
  let high = x[(start + u32(at.high)) * line.inner + i];
  y[index] = epilogue(low * (1.0 - at.weight) + high * at.weight, index);
}
