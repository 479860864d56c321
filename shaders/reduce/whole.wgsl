// uses: lib/grid
// y[o, i] = combination over r of x[o, r, i], in one dispatch: both stages of reduce/strided in one workgroup.
// A workgroup makes one lane of y. Its 64 invocations take every 64th step each, in four chains; the first of them joins
// what they found, in their order. Where few workgroups keep the device busy.
struct Params {
  // Lanes of y: outer * inner.
  count: u32,
  extent: u32,
  inner: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> y: array<Lane>;
@group(0) @binding(2) var<uniform> params: Params;

const GROUP = 64u;
/// What each invocation found. Workgroup memory would take a software adapter longer to compile.
@group(0) @binding(3) var<storage, read_write> found: array<Lane>;

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid);
  let inner = params.inner;
  let outer = index / inner;
  let step = GROUP * inner;
  let first = outer * params.extent * inner + index - outer * inner;
  // Surplus workgroups have nothing to do, but to pass the barrier.
  let end = select(0u, first + params.extent * inner, index < params.count);
  var at = first + local * inner;
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
  if (index < params.count) { found[index * GROUP + local] = combine(combine(a, b), combine(c, d)); }
  storageBarrier();
  if ((local > 0u) | (index >= params.count)) { return; }
  var all = found[index * GROUP];
  for (var i = 1u; i < GROUP; i++) { all = combine(all, found[index * GROUP + i]); }
  y[index] = epilogue(all, index);
}
