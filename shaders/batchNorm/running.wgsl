// The running statistics move towards those of the batch: r = momentum * r + (1 - momentum) * batch, where the variance
// of the batch is the unbiased one.

struct Running {
  momentum: f32,
}
@group(0) @binding(4) var<storage, read_write> runningMean: array<f32>;
@group(0) @binding(5) var<storage, read_write> runningVariance: array<f32>;
@group(0) @binding(6) var<uniform> running: Running;

fn keep(channel: u32, mean: f32, squares: f32, size: f32) {
  let fresh = 1.0 - running.momentum;
  runningMean[channel] = running.momentum * runningMean[channel] + fresh * mean;
  runningVariance[channel] = running.momentum * runningVariance[channel] + fresh * (squares / (size - 1.0));
}
