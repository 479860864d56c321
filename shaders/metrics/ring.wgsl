// history[step % length] = loss: one number a step, so that a reading of every n-th step still sees them all.

struct Ring {
  length: u32,
}
@group(0) @binding(8) var<storage, read> step: array<u32>;
@group(0) @binding(9) var<storage, read_write> history: array<f32>;
@group(0) @binding(10) var<uniform> ring: Ring;

fn keepLoss() {
  history[step[0] % ring.length] = loss[0];
}
