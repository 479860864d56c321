// history[step % length] = value: one number a step, so that a reading of every n-th step still sees them all.
// One invocation, one workgroup.

struct RecordParams {
  length: u32,
}
@group(0) @binding(0) var<storage, read> value: array<f32>;
@group(0) @binding(1) var<storage, read> step: array<u32>;
@group(0) @binding(2) var<storage, read_write> history: array<f32>;
@group(0) @binding(3) var<uniform> params: RecordParams;

@compute @workgroup_size(1)
fn main() {
  history[step[0] % params.length] = value[0];
}
