// uses: pictures/tensor
// The class of each pixel in its colour: that of the largest channel, the first among equals; of one channel, class 1 above
// the low end of the range, else class 0.
@group(0) @binding(2) var<storage, read> colours: array<vec4f>;

fn colourAt(at: vec2f) -> vec4f {
  let taps = tapsAt(at);
  var best = interpolate(taps, 0u);
  var answer = 0u;
  if (shown.channels == 1u && best > shown.low) { answer = 1u; }
  for (var channel = 1u; channel < shown.channels; channel++) {
    let value = interpolate(taps, channel);
    if (value > best) {
      best = value;
      answer = channel;
    }
  }
  let colour = colours[answer];
  return vec4f(colour.rgb, colour.a * shown.opacity);
}
