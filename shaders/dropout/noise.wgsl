// uses: lib/grid, dropout/key
// y[i] = x[i] + scale draw(i), where draw is that of random/normal: an integer with the deviation 1 / scale. One
// invocation computes one element; a workgroup is 64 of them.

struct Params {
  count: u32,
  scale: f32,
}
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

var<private> key: vec2u;

/// The n-th 64 random bits of an element.
fn bitsOf(element: u32, n: u32) -> vec2u {
  return threefry(key, vec2u(element, n));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let at = workgroupIndex(id, grid) * 64u + local;
  if (at >= params.count) { return; }
  key = keyOfStep();
  y[at] = epilogue(x[at] + f32(draw(at)) * params.scale, at);
}
