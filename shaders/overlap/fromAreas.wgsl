// What arrives at an area without a reduction: its own gradient.

@group(0) @binding(6) var<storage, read> dy: array<f32>;

fn areaGradient(area: u32) -> f32 {
  return dy[area];
}
