// uses: lib/grid, lib/threefry4, dropout/key
// y[i] = x[i] scale where 32 random bits of element i are at least `threshold`, else 0; neighbours 2n and 2n + 1 share the
// 64 bits of draw n. One invocation computes GROUPS times eight neighbours, by four draws each; a workgroup is 64 of them.

struct Params {
  /// Lanes.
  count: u32,
  /// rate 2^32.
  threshold: u32,
  scale: f32,
}
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(2) var<storage, read_write> y: array<Lane>;
@group(0) @binding(3) var<uniform> params: Params;

const EACH = 8u / LANES;
/// Groups of eight neighbours that an invocation does, one after the other, since the key takes a draw of its own.
const GROUPS = 1u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let start = workgroupIndex(id, grid) * GROUPS * 64u + local;
  if (start * EACH >= params.count) { return; }
  let last = params.count - 1u;
  let key = keyOfStep();
  for (var n = 0u; n < GROUPS; n++) {
    let group = start + n * 64u;
    let first = group * EACH;
    var values: array<Lane, EACH>;
    // unroll
    for (var i = 0u; i < EACH; i++) { values[i] = params.scale * x[min(first + i, last)]; }
    let bits = threefryFour(key, 4u * group);
    let even = select(vec4f(0.0), vec4f(1.0), bits.x >= vec4u(params.threshold));
    let odd = select(vec4f(0.0), vec4f(1.0), bits.y >= vec4u(params.threshold));
    let kept = array<f32, 8>(even.x, odd.x, even.y, odd.y, even.z, odd.z, even.w, odd.w);
    // unroll
    for (var i = 0u; i < EACH; i++) {
      // Of fewer lanes than four the first are taken.
      let k = LANES * i;
      let mask = laneOf(kept[k], kept[min(k + 1u, 7u)], kept[min(k + 2u, 7u)], kept[min(k + 3u, 7u)]);
      let at = first + i;
      if (at <= last) { y[at] = epilogue(select(Lane(0.0), values[i], mask > Lane(0.0)), at); }
    }
  }
}
