// uses: lib/grid, upsample/line
// Gradient of linear resizing: dX[a, s, i] = sum of dY[a, o, i] times the weight of position s in output o, over the
// outputs that lie less than 1 from s (at the ends: those beyond, too). dY: [outer, out, inner]; dX: [outer, size, inner].
// One invocation: one lane of dX. One workgroup: 256 neighbours along inner, then size, outer. Added in order of o.
@group(0) @binding(0) var<storage, read> dY: array<Lane>;
@group(0) @binding(1) var<storage, read_write> dX: array<Lane>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= line.count) { return; }
  let place = index / line.inner;
  let s = i32(place % u32(line.size));
  let start = place / u32(line.size) * u32(line.out);
  let i = index % line.inner;
  // o * step + shift lies strictly between below and above.
  let below = (s - 1) * line.per - line.shift;
  let above = (s + 1) * line.per - line.shift;
  let step = max(line.step, 1);
  let first = select(below / step + 1, 0, s == 0 || below < 0);
  let end = select(min((above + step - 1) / step, line.out), line.out, s == line.size - 1);
  var sum = Lane(0.0);
  for (var o = first; o < end; o++) {
    let at = between(o);
    let weight = select(0.0, 1.0 - at.weight, at.low == s) + select(0.0, at.weight, at.high == s);
    sum += weight * dY[(start + u32(o)) * line.inner + i];
  }
  dX[index] = epilogue(sum, index);
}
