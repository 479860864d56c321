// A weight and a bias for each channel.
@group(0) @binding(7) var<storage, read> weight: array<f32>;
@group(0) @binding(8) var<storage, read> bias: array<f32>;

fn weightOf(channel: u32) -> f32 {
  return weight[channel];
}

fn biasOf(channel: u32) -> f32 {
  return bias[channel];
}
