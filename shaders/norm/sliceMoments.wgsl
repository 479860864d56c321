// Mean and squares of one slice. x is [items, steps, channels] in lanes; slice s of an item takes its steps s, s + slices, ..
//
// The shift is the item's first step (of each channel, or of the first one), so that a large mean costs no digits. Eight
// steps at a time are loaded, summed in two passes, and joined to those before (Chan, Golub, LeVeque 1979); the rest,
// fewer than eight, one by one. So no sum of squares is ever subtracted from another.

@group(0) @binding(0) var<storage, read> x: array<Lane>;

/// Whether each channel has statistics of its own, and a shift of its own.
const OWN_SHIFT = true;
const CHUNK = 8u;

struct Moments {
  count: f32,
  /// Of d = x - shift.
  mean: Lane,
  /// Sum of (d - mean)^2.
  squares: Lane,
}

fn join(a: Moments, b: Moments) -> Moments {
  let count = a.count + b.count;
  let delta = b.mean - a.mean;
  let share = b.count / count;
  return Moments(count, a.mean + delta * share, a.squares + b.squares + delta * delta * (a.count * share));
}

/// `base` is the item's first step.
fn shiftOf(base: u32, channel: u32) -> Lane {
  let first = x[base + select(0u, channel, OWN_SHIFT)];
  return select(Lane(laneAt(first, 0u)), first, OWN_SHIFT);
}

/// `first` is the slice's first step, of this channel; it has `steps`, each `stride` after the one before.
fn sliceMoments(first: u32, steps: u32, stride: u32, shift: Lane) -> Moments {
  var at = first;
  var left = steps;
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
  return all;
}
