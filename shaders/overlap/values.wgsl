// Targets of the overlap as numbers, one for each score.

@group(0) @binding(2) var<storage, read> targets: array<f32>;

fn rowState(row: u32) -> u32 {
  return COUNTED;
}

fn targetAt(row: u32, c: u32) -> f32 {
  return targets[row * params.channels + c];
}
