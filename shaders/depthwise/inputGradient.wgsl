// uses: lib/grid, depthwise/window
// dX[n, h, w, c] = sum over taps and over the multiplier's channels f of c of dY[n, oh, ow, f] kernel[kh, kw, f], where
// (oh, ow) is the output pixel that read (h, w) by the tap, if there is one: oh = (h + p - kh d) / s without a rest.
// One invocation computes one lane of channels of PIXELS neighbours of a row of dX. TAPS taps of a row of the filter at
// a time, it loads the window of dY that they all see, and their weights, once. STRIDE_X divides PIXELS, so which tap
// sees which pixel of the window is known beforehand. A workgroup is 64 of them, neighbours along channels.

/// Padding on the left, modulo the stride.
const PHASE = 0u;
/// Pixels of dY to the left of the first that the first tap sees.
const REACH = ((TAPS - 1u) * DILATION_X + STRIDE_X - 1u) / STRIDE_X;
const WINDOW = (PIXELS - 1u + PHASE) / STRIDE_X + REACH + 1u;
/// Filters of a channel.
const MULTIPLIER = 1u;

@group(0) @binding(0) var<storage, read> dY: array<Lane>;
@group(0) @binding(1) var<storage, read> kernel: array<Lane>;
@group(0) @binding(2) var<storage, read_write> dX: array<Lane>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  let inChannels = params.channels / params.multiplier;
  let inChannel = index % inChannels;
  let stretches = (params.width + PIXELS - 1u) / PIXELS;
  let column = index / inChannels % stretches * PIXELS;
  let row = index / (inChannels * stretches);
  let at = Stretch(row / params.height, row % params.height, column, inChannel * params.multiplier, inChannel);
  var sums: array<Lane, PIXELS>;
  // unroll
  for (var step = 0u; step < UNROLLED; step++) { addTaps(at, step, &sums); }
  for (var step = UNROLLED; step < STEPS * MULTIPLIER; step++) { addTaps(at, step, &sums); }
  let start = (row * params.width + column) * inChannels + inChannel;
  // unroll
  for (var k = 0u; k < PIXELS; k++) {
    if (column + k < params.width) { dX[start + k * inChannels] = epilogue(sums[k], start + k * inChannels); }
  }
}

fn addTaps(at: Stretch, step: u32, sums: ptr<function, array<Lane, PIXELS>>) {
  let channel = at.channel + step / STEPS;
  // The first row of taps that this row sees, and from there on.
  let tap = step % STEPS * TAPS;
  let below = i32(at.row) + params.padTop;
  let i = u32(below) % params.rowStride + tap / params.kernelWidth * params.rowStride;
  let down = below - i32(i * params.dilationY);
  let outRow = down / i32(params.strideY);
  let isSeen = (i < params.kernelHeight) & (down >= 0) & (outRow * i32(params.strideY) == down);
  let rowInside = isSeen & (outRow < i32(params.outHeight));
  // Without a rest: TAPS are a whole row of the filter, or their reach is a multiple of the stride.
  let across = i32(at.column) + params.padLeft - i32(PHASE + tap % params.kernelWidth * DILATION_X);
  let left = across / i32(STRIDE_X) - i32(REACH);
  let base = (at.image * params.outHeight + select(0u, u32(outRow), rowInside)) * params.outWidth;
  var window: array<Lane, WINDOW>;
  // unroll
  for (var w = 0u; w < WINDOW; w++) {
    let outColumn = left + i32(w);
    let inside = (outColumn >= 0) & (outColumn < i32(params.outWidth)) & rowInside;
    window[w] = select(Lane(0.0), dY[(base + select(0u, u32(outColumn), inside)) * params.channels + channel], inside);
  }
  // unroll
  for (var t = 0u; t < TAPS; t++) {
    let weight = kernel[(i * params.kernelWidth + tap % params.kernelWidth + t) * params.channels + channel];
    // unroll
    for (var k = 0u; k < PIXELS; k++) {
      if ((k + PHASE + REACH * STRIDE_X - t * DILATION_X) % STRIDE_X == 0u) {
        (*sums)[k] += window[(k + PHASE + REACH * STRIDE_X - t * DILATION_X) / STRIDE_X] * weight;
      }
    }
  }
}
