// uses: lib/grid
// First stage of mean and variance. x is [items, steps, channels] in lanes; slice s takes steps s, s + slices, .. One
// invocation computes, for one lane of channels of one slice of one item, the mean of d = x - shift and the sum of
// (d - mean)^2; a workgroup is 64 of them, neighbours along channels. partial is [items, slices, 2, channels].
//
// The shift is the item's first step (of each channel, or of the first one), so that a large mean costs no digits. Eight
// steps at a time are loaded, summed in two passes, and joined to those before (Chan, Golub, LeVeque 1979); the rest,
// fewer than eight, one by one. So no sum of squares is ever subtracted from another.

struct MomentParams {
  /// Lanes of one of the two halves of partial: items * slices * channels.
  count: u32,
  steps: u32,
  slices: u32,
  channels: u32,
}
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> partial: array<Lane>;
@group(0) @binding(2) var<uniform> params: MomentParams;

/// Whether each channel has statistics of its own, and a shift of its own.
const OWN_SHIFT = true;
const CHUNK = 8u;

struct Moments {
  count: f32,
  mean: Lane,
  squares: Lane,
}

fn join(a: Moments, b: Moments) -> Moments {
  let count = a.count + b.count;
  let delta = b.mean - a.mean;
  let share = b.count / count;
  return Moments(count, a.mean + delta * share, a.squares + b.squares + delta * delta * (a.count * share));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  let channel = index % params.channels;
  let row = index / params.channels;
  let item = row / params.slices;
  let slice = row % params.slices;
  let base = item * params.steps * params.channels;
  let first = x[base + select(0u, channel, OWN_SHIFT)];
  let shift = select(Lane(laneAt(first, 0u)), first, OWN_SHIFT);
  let stride = params.slices * params.channels;
  var at = base + slice * params.channels + channel;
  var left = (params.steps - slice + params.slices - 1u) / params.slices;
  var all = Moments(0.0, Lane(0.0), Lane(0.0));
  for (; left >= CHUNK; left -= CHUNK) {
    var d: array<Lane, CHUNK>;
    var sum = Lane(0.0);
    // unroll
    for (var i = 0u; i < CHUNK; i++) {
      d[i] = x[at + i * stride] - shift;
      sum += d[i];
    }
    let mean = sum * (1.0 / f32(CHUNK));
    var squares = Lane(0.0);
    // unroll
    for (var i = 0u; i < CHUNK; i++) { squares += (d[i] - mean) * (d[i] - mean); }
    all = join(all, Moments(f32(CHUNK), mean, squares));
    at += CHUNK * stride;
  }
  for (; left > 0u; left--) {
    all = join(all, Moments(1.0, x[at] - shift, Lane(0.0)));
    at += stride;
  }
  partial[2u * row * params.channels + channel] = all.mean;
  partial[(2u * row + 1u) * params.channels + channel] = all.squares;
}
