// What arrives at an area under a sum or mean: the one gradient, times the share of an area.

@group(0) @binding(6) var<storage, read> dy: array<f32>;
@group(0) @binding(7) var<storage, read> share: array<f32>;

fn areaGradient(area: u32) -> f32 {
  return dy[0] * share[0];
}
