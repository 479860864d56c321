// The gradients of a weight and a bias for each channel.
@group(0) @binding(4) var<storage, read_write> weightGradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> biasGradient: array<f32>;

fn storeGradients(channel: u32, dWeight: f32, dBias: f32) {
  weightGradient[channel] = dWeight;
  biasGradient[channel] = dBias;
}
