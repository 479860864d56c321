// uses: lib/grid, lib/threefry
//
// Fills a tensor with random numbers; linked with the file of a distribution, which defines
// `draw(element) -> integer`. One invocation makes one element, a workgroup 64 neighbours:
//
//     values[i] = f32(draw(i)) * scale
//
// The integer is below 2^24 in size, hence exact in f32; the one multiplication is the only rounding, and WGSL rounds
// it correctly. So every device makes the same bits.

struct Params {
  count: u32,
  /// The key of the stream: the seed, and the hash of the variable's name.
  seed: u32,
  stream: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read_write> values: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

/// The n-th 64 random bits of an element.
fn bitsOf(element: u32, n: u32) -> vec2u {
  return threefry(vec2u(params.seed, params.stream), vec2u(element, n));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let element = workgroupIndex(id, grid) * 64u + local;
  if (element >= params.count) { return; }
  values[element] = f32(draw(element)) * params.scale;
}
