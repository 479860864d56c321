// uses: lib/grid
// Gradient of padding with what the tensor holds: dX[o, at, i] = sum of dY over the positions that read x[o, at, i].
// With REFLECT those are at most three: the place itself and its mirror images at both borders; without it the border
// takes the whole padding on its side. dY: [outer, padded, inner]; dX: [outer, size, inner].
// One invocation: one lane of dX. One workgroup: 256 neighbours along inner, size, outer. Added in order of position.
@group(0) @binding(0) var<storage, read> dY: array<Lane>;
@group(0) @binding(1) var<storage, read_write> dX: array<Lane>;

struct Params {
  count: u32,
  size: i32,
  padded: i32,
  /// In lanes.
  inner: u32,
  before: i32,
}
@group(0) @binding(2) var<uniform> params: Params;

const REFLECT = true;

/// dY at one position of the line, 0 where it was cropped away.
fn gradientAt(position: i32, line: u32, i: u32) -> Lane {
  if (position < 0 || position >= params.padded) { return Lane(0.0); }
  return dY[(line * u32(params.padded) + u32(position)) * params.inner + i];
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= params.count) { return; }
  let i = index % params.inner;
  let at = i32(index / params.inner) % params.size;
  let line = index / params.inner / u32(params.size);
  let last = params.size - 1;
  var sum = Lane(0.0);
  if (REFLECT) {
    if (at > 0) { sum += gradientAt(params.before - at, line, i); }
    sum += gradientAt(params.before + at, line, i);
    if (at < last) { sum += gradientAt(params.before + 2 * last - at, line, i); }
  } else {
    let first = select(params.before + at, 0, at == 0);
    let end = select(params.before + at + 1, params.padded, at == last);
    for (var position = first; position < end; position++) { sum += gradientAt(position, line, i); }
  }
  dX[index] = epilogue(sum, index);
}
