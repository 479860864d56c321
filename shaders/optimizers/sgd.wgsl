// uses: lib/grid, optimizers/flat
//
// Gradient descent: w -= rate * (g + decay * w). One dispatch for all parameters; 4 a thread, 1024 a workgroup.

/// Written by the host each step, in the order of src/nn/optimizers.ts.
struct SgdStep {
  clip: f32,
  learningRate: f32,
  weightDecay: f32,
}

@group(0) @binding(2) var<storage, read> hyper: SgdStep;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupIndex(id, grid) * 256u + local;
  if (i >= params.count) { return; }
  let w = parameters[i];
  let g = clipped(gradients[i], hyper.clip) + hyper.weightDecay * w;
  parameters[i] = w - hyper.learningRate * g;
}
