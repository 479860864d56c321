// y[n, oh, ow, f] = sum over taps of x[n, oh s - p + kh d, ow s - p + kw d, f / multiplier] kernel[kh, kw, f].

const WINDOW = (PIXELS - 1u) * STRIDE_X + (TAPS - 1u) * DILATION_X + 1u;

fn addTaps(at: Stretch, step: u32, sums: ptr<function, array<Lane, PIXELS>>) {
  let tap = step * TAPS;
  let down = i32(at.row * params.strideY + tap / params.kernelWidth * params.dilationY) - params.padTop;
  let rowInside = (down >= 0) & (down < i32(params.height));
  let left = i32(at.column * STRIDE_X + tap % params.kernelWidth * DILATION_X) - params.padLeft;
  let base = (at.image * params.height + select(0u, u32(down), rowInside)) * params.width;
  let inChannels = params.channels / params.multiplier;
  let inChannel = at.channel / params.multiplier;
  var window: array<Lane, WINDOW>;
  // unroll
  for (var i = 0u; i < WINDOW; i++) {
    let across = left + i32(i);
    let inside = (across >= 0) & (across < i32(params.width)) & rowInside;
    window[i] = select(Lane(0.0), image[(base + select(0u, u32(across), inside)) * inChannels + inChannel], inside);
  }
  // unroll
  for (var t = 0u; t < TAPS; t++) {
    let weight = kernel[(tap + t) * params.channels + at.channel];
    // unroll
    for (var k = 0u; k < PIXELS; k++) { (*sums)[k] += window[k * STRIDE_X + t * DILATION_X] * weight; }
  }
}
