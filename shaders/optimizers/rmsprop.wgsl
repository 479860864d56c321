// uses: lib/grid, optimizers/flat
//
// RMSprop (Hinton 2012); linked with rmsAbout0 or rmsCentered, and with rmsDirect or rmsMomentum:
//
//     g' = g + decay * w;   s = rho * s + (1 - rho) * g'^2
//     w -= rate * (g' / (sqrt(s or its variance) + epsilon), or the momentum of that)
//
// One dispatch for all parameters; 4 a thread, 1024 a workgroup.

/// Written by the host each step, in the order of src/nn/optimizers.ts.
struct RmspropStep {
  clip: f32,
  learningRate: f32,
  weightDecay: f32,
  rho: f32,
  gain: f32,
  momentum: f32,
  epsilon: f32,
}

@group(0) @binding(2) var<storage, read> hyper: RmspropStep;
@group(0) @binding(3) var<storage, read_write> meanSquare: array<vec4f>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupIndex(id, grid) * 256u + local;
  if (i >= params.count) { return; }
  let w = parameters[i];
  let g = clipped(gradients[i], hyper.clip) + hyper.weightDecay * w;
  let s = hyper.rho * meanSquare[i] + hyper.gain * g * g;
  meanSquare[i] = s;
  let change = g / (sqrt(spread(i, g, s)) + hyper.epsilon);
  parameters[i] = w - hyper.learningRate * along(i, change);
}
