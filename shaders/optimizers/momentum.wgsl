// uses: lib/grid, optimizers/flat
//
// Gradient descent with momentum, plain or Nesterov's:
//
//     g' = g + decay * w;   v = momentum * v + gain * g';   w -= rate * (ahead * g' + along * v)
//
// with gain 1 - dampening, (ahead, along) = (0, 1) or, after Nesterov, (1, momentum). One dispatch for all parameters;
// 4 a thread, 1024 a workgroup.

/// Written by the host each step, in the order of src/nn/optimizers.ts.
struct MomentumStep {
  clip: f32,
  learningRate: f32,
  weightDecay: f32,
  momentum: f32,
  gain: f32,
  ahead: f32,
  along: f32,
}

@group(0) @binding(2) var<storage, read> hyper: MomentumStep;
@group(0) @binding(3) var<storage, read_write> velocity: array<vec4f>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupIndex(id, grid) * 256u + local;
  if (i >= params.count) { return; }
  let w = parameters[i];
  let g = clipped(gradients[i], hyper.clip) + hyper.weightDecay * w;
  let v = hyper.momentum * velocity[i] + hyper.gain * g;
  velocity[i] = v;
  parameters[i] = w - hyper.learningRate * (hyper.ahead * g + hyper.along * v);
}
