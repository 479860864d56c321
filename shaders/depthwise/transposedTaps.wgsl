// dX[n, h, w, c] = sum over taps and over the multiplier's channels f of c of dY[n, oh, ow, f] kernel[kh, kw, f], where
// (oh, ow) is the output pixel that read (h, w) by the tap, if there is one: oh = (h + p - kh d) / s without a rest.
// STRIDE_X divides PIXELS, so which tap sees which pixel of the window is known beforehand.

/// Padding on the left, modulo the stride.
const PHASE = 0u;
/// Steps of one of the multiplier's channels.
const CHANNEL_STEPS = 3u;
/// Pixels of dY to the left of the first that the first tap sees.
const REACH = ((TAPS - 1u) * DILATION_X + STRIDE_X - 1u) / STRIDE_X;
const WINDOW = (PIXELS - 1u + PHASE) / STRIDE_X + REACH + 1u;

fn addTaps(at: Stretch, step: u32, sums: ptr<function, array<Lane, PIXELS>>) {
  let channel = at.channel * params.multiplier + step / CHANNEL_STEPS;
  let tap = step % CHANNEL_STEPS * TAPS;
  // From the first row of taps that this row sees.
  let below = i32(at.row) + params.padTop;
  let i = u32(below) % params.rowStride + tap / params.kernelWidth * params.rowStride;
  let j = tap % params.kernelWidth;
  let down = below - i32(i * params.dilationY);
  let row = down / i32(params.strideY);
  let isSeen = (i < params.kernelHeight) & (down >= 0) & (row * i32(params.strideY) == down);
  let rowInside = isSeen & (row < i32(params.outHeight));
  // Without a rest: TAPS are a whole row of the filter, or their reach is a multiple of the stride.
  let left = (i32(at.column) + params.padLeft - i32(PHASE + j * DILATION_X)) / i32(STRIDE_X) - i32(REACH);
  let base = (at.image * params.outHeight + select(0u, u32(row), rowInside)) * params.outWidth;
  var window: array<Lane, WINDOW>;
  // unroll
  for (var w = 0u; w < WINDOW; w++) {
    let across = left + i32(w);
    let inside = (across >= 0) & (across < i32(params.outWidth)) & rowInside;
    window[w] = select(Lane(0.0), image[(base + select(0u, u32(across), inside)) * params.channels + channel], inside);
  }
  // unroll
  for (var t = 0u; t < TAPS; t++) {
    let weight = kernel[(i * params.kernelWidth + j + t) * params.channels + channel];
    // unroll
    for (var k = 0u; k < PIXELS; k++) {
      if ((k + PHASE + REACH * STRIDE_X - t * DILATION_X) % STRIDE_X == 0u) {
        (*sums)[k] += window[(k + PHASE + REACH * STRIDE_X - t * DILATION_X) / STRIDE_X] * weight;
      }
    }
  }
}
