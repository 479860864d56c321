// uses: lib/grid
// y[o, c, i] = combination over r = c, c + chunks, c + 2 chunks, .. below `extent` of x[o, r, i].
// x is [outer, extent, inner], y is [outer, chunks, inner], both in lanes. One invocation computes one lane of y, in
// four chains that it joins at the end; neighbours read neighbours, along i or along c. A workgroup is 64 of them.
struct Params {
  // Lanes of y: outer * chunks * inner.
  count: u32,
  extent: u32,
  chunks: u32,
  inner: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> y: array<Lane>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  let i = index % params.inner;
  let group = index / params.inner;
  let outer = group / params.chunks;
  let step = params.chunks * params.inner;
  var at = (outer * params.extent + group % params.chunks) * params.inner + i;
  let end = (outer + 1u) * params.extent * params.inner;
  var a = Lane(NEUTRAL);
  var b = Lane(NEUTRAL);
  var c = Lane(NEUTRAL);
  var d = Lane(NEUTRAL);
  for (; at + 3u * step < end; at += 4u * step) {
    a = combine(a, x[at]);
    b = combine(b, x[at + step]);
    c = combine(c, x[at + 2u * step]);
    d = combine(d, x[at + 3u * step]);
  }
  for (; at < end; at += step) { a = combine(a, x[at]); }
  y[index] = epilogue(combine(combine(a, b), combine(c, d)), index);
}
