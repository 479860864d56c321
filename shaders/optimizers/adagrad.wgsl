// uses: lib/grid, optimizers/flat
//
// Adagrad (Duchi, Hazan and Singer 2011):
//
//     g' = g + decay * w;   s += g'^2;   w -= rate * g' / (sqrt(s) + epsilon)
//
// One dispatch for all parameters; 4 a thread, 1024 a workgroup.

/// Written by the host each step, in the order of src/nn/optimizers.ts.
struct AdagradStep {
  clip: f32,
  learningRate: f32,
  weightDecay: f32,
  epsilon: f32,
}

@group(0) @binding(2) var<storage, read> hyper: AdagradStep;
@group(0) @binding(3) var<storage, read_write> accumulator: array<vec4f>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupIndex(id, grid) * 256u + local;
  if (i >= params.count) { return; }
  let w = parameters[i];
  let g = clipped(gradients[i], hyper.clip) + hyper.weightDecay * w;
  let s = accumulator[i] + g * g;
  accumulator[i] = s;
  parameters[i] = w - hyper.learningRate * g / (sqrt(s) + hyper.epsilon);
}
