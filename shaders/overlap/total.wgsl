// uses: lib/grid
//
// Second stage of the sums over pixels: one workgroup of 64 for each example n and channel c. Invocation i adds up the
// partial sums i, i + 64, i + 128 and so on; the first invocation adds up those 64 results, in order, to
//
//     B = sum(w p t), P = sum(w p), T = sum(w t),      loss = (P + T - 2 B) / D
//     D = P + T + smooth (Dice), or P + T - B + smooth (IoU)
//
// and stores loss and derivatives, [N, C] each. An example of which no pixel counts has the loss 0.

struct Params {
  /// N * C.
  count: u32,
  channels: u32,
  chunks: u32,
  smoothing: f32,
}

/// Soft intersection over union; otherwise Dice.
const IOU = false;

struct Slopes {
  /// Derivative of the loss by B.
  both: f32,
  /// Derivative of the loss by P.
  predicted: f32,
}

@group(0) @binding(0) var<storage, read> partials: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> losses: array<f32>;
@group(0) @binding(2) var<storage, read_write> slopes: array<Slopes>;
/// 1 where a pixel counts, else 0.
@group(0) @binding(3) var<storage, read_write> present: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

var<workgroup> sums: array<vec4f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid);
  let c = index % params.channels;
  let example = index / params.channels;
  var sum = vec4f(0.0);
  if (index < params.count) {
    for (var chunk = local; chunk < params.chunks; chunk += 64u) {
      sum += partials[(example * params.chunks + chunk) * params.channels + c];
    }
  }
  sums[local] = sum;
  workgroupBarrier();
  if (local > 0u || index >= params.count) { return; }
  for (var i = 1u; i < 64u; i++) { sum += sums[i]; }
  let areas = sum.y + sum.z;
  let missed = areas - 2.0 * sum.x;
  let whole = areas + params.smoothing - select(0.0, sum.x, IOU);
  let loss = missed / whole;
  // A sum of weights that is NaN counts: a label out of range must show.
  let absent = sum.w == 0.0;
  losses[index] = select(loss, 0.0, absent);
  slopes[index] = Slopes(select((select(0.0, loss, IOU) - 2.0) / whole, 0.0, absent), select((1.0 - loss) / whole, 0.0, absent));
  present[index] = select(1.0, 0.0, absent);
}
