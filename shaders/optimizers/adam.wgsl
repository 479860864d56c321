// uses: lib/grid, optimizers/flat
//
// Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019); linked with adamLast or adamPeak (AMSGrad):
//
//     g' = g + decay * w;   m = b1 * m + (1 - b1) * g';   v = b2 * v + (1 - b2) * g'^2
//     w -= decoupled * w + rate * m / (root * sqrt(v or its peak) + epsilon)
//
// The host puts the bias corrections into rate = learning rate / (1 - b1^t) and root = 1 / sqrt(1 - b2^t), and
// decoupled = learning rate * weight decay. One dispatch for all parameters; 4 a thread, 1024 a workgroup.

/// Written by the host each step, in the order of src/nn/optimizers.ts.
struct AdamStep {
  clip: f32,
  weightDecay: f32,
  decoupled: f32,
  beta1: f32,
  gain1: f32,
  beta2: f32,
  gain2: f32,
  rate: f32,
  root: f32,
  epsilon: f32,
}

@group(0) @binding(2) var<storage, read> hyper: AdamStep;
@group(0) @binding(3) var<storage, read_write> firstMoment: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> secondMoment: array<vec4f>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = workgroupIndex(id, grid) * 256u + local;
  if (i >= params.count) { return; }
  let w = parameters[i];
  let g = clipped(gradients[i], hyper.clip) + hyper.weightDecay * w;
  let m = hyper.beta1 * firstMoment[i] + hyper.gain1 * g;
  let v = hyper.beta2 * secondMoment[i] + hyper.gain2 * g * g;
  firstMoment[i] = m;
  secondMoment[i] = v;
  let spread = hyper.root * sqrt(peak(i, v)) + hyper.epsilon;
  parameters[i] = w - hyper.decoupled * w - hyper.rate * m / spread;
}
