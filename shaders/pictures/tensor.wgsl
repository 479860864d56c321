// uses: pictures/frame
// Numbers of a picture, y: [.., height, width, channels]. Between pixels, and where the target is larger or smaller, they are
// interpolated (bilinear, pixel centres at .5) before anything is made of them, so that borders of classes are smooth.
struct Shown {
  index: u32,
  height: u32,
  width: u32,
  channels: u32,
  channel: u32,
  /// Begin with the last row.
  flipY: u32,
  low: f32,
  high: f32,
  opacity: f32,
}
@group(0) @binding(0) var<uniform> shown: Shown;
@group(0) @binding(1) var<storage, read> y: array<f32>;

/// What a number becomes first: 0 nothing, 1 its sigmoid, 2 its share of the softmax over all channels.
const ACTIVATION = 0u;

/// Where the four neighbours begin in y, and how far the place is from the first of them.
struct Taps {
  starts: vec4u,
  part: vec2f,
}

fn tapsAt(at: vec2f) -> Taps {
  let turned = vec2f(at.x, select(at.y, 1.0 - at.y, shown.flipY != 0u));
  let sides = vec2f(f32(shown.width), f32(shown.height));
  let centre = clamp(turned * sides - 0.5, vec2f(0.0), sides - 1.0);
  let low = vec2u(centre);
  let high = min(low + 1u, vec2u(sides) - 1u);
  let rows = (shown.index * shown.height + vec2u(low.y, high.y)) * shown.width;
  return Taps(vec4u(rows.x + low.x, rows.x + high.x, rows.y + low.x, rows.y + high.x) * shown.channels, centre - vec2f(low));
}

fn interpolate(taps: Taps, channel: u32) -> f32 {
  let at = taps.starts + channel;
  return mix(mix(y[at.x], y[at.y], taps.part.x), mix(y[at.z], y[at.w], taps.part.x), taps.part.y);
}

fn activated(taps: Taps) -> f32 {
  let value = interpolate(taps, shown.channel);
  if (ACTIVATION == 1u) { return 1.0 / (1.0 + exp(clamp(-value, -87.0, 87.0))); }
  if (ACTIVATION != 2u) { return value; }
  var sum = 0.0;
  // exp(other - value) over all channels is 1 / share.
  for (var channel = 0u; channel < shown.channels; channel++) {
    sum += exp(clamp(interpolate(taps, channel) - value, -87.0, 80.0));
  }
  return 1.0 / sum;
}

/// From 0 at the low end of the range to 1 at the high one.
fn levelAt(at: vec2f) -> f32 {
  return clamp((activated(tapsAt(at)) - shown.low) / (shown.high - shown.low), 0.0, 1.0);
}
