// A weight and a bias for each channel.
@group(0) @binding(4) var<storage, read> weight: array<Lane>;
@group(0) @binding(5) var<storage, read> bias: array<Lane>;

fn weightAt(channel: u32) -> Lane {
  return weight[channel];
}

fn biasAt(channel: u32) -> Lane {
  return bias[channel];
}
