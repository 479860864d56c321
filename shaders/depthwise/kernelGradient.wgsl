// uses: lib/grid, depthwise/window
// First stage of dKernel[kh, kw, f] = sum over n, oh, ow of x[n, oh s - p + kh d, .., f / multiplier] dY[n, oh, ow, f].
// Slice s sums the output rows s, s + slices, .. of all images; partial is [slices, taps, channels]. With the bias there
// is one more tap, for which x is 1. One invocation sums one lane of channels of ROWS x TAPS neighbouring taps, rows and
// pixels ascending: of PIXELS neighbours of an output row at a time it loads dY once, and for each row of the filter the
// window of x that its taps see. A workgroup is 64 of them, neighbours along channels.

const ROWS = 1u;
const BIAS = false;
const SUMS = ROWS * TAPS;
const WINDOW = (PIXELS - 1u) * STRIDE_X + (TAPS - 1u) * DILATION_X + 1u;

struct Slicing {
  /// Invocations.
  count: u32,
  /// Output rows of all images.
  rows: u32,
  slices: u32,
  /// Rows of partial in a slice: of the filter, and one for the bias.
  taps: u32,
}
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read> dY: array<Lane>;
@group(0) @binding(2) var<storage, read_write> partial: array<Lane>;
@group(0) @binding(4) var<uniform> slicing: Slicing;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= slicing.count) { return; }
  let channel = index % params.channels;
  let across = params.kernelWidth / TAPS;
  let parts = params.kernelHeight / ROWS * across;
  let part = index / params.channels % parts;
  let slice = index / (params.channels * parts);
  let inChannels = params.channels / params.multiplier;
  let inChannel = channel / params.multiplier;
  let tapRow = part / across * ROWS;
  let tapColumn = part % across * TAPS;
  var sums: array<Lane, SUMS>;
  var biasSum = Lane(0.0);
  for (var r = slice; r < slicing.rows; r += slicing.slices) {
    let top = i32(r % params.outHeight * params.strideY + tapRow * params.dilationY) - params.padTop;
    let image = r / params.outHeight * params.height;
    for (var column = 0u; column < params.outWidth; column += PIXELS) {
      var gradients: array<Lane, PIXELS>;
      // unroll
      for (var k = 0u; k < PIXELS; k++) {
        let gradient = dY[(r * params.outWidth + column + k) * params.channels + channel];
        gradients[k] = select(Lane(0.0), gradient, column + k < params.outWidth);
        if (BIAS) { biasSum += gradients[k]; }
      }
      let left = i32(column * STRIDE_X + tapColumn * DILATION_X) - params.padLeft;
      // unroll
      for (var i = 0u; i < ROWS; i++) {
        let down = top + i32(i * params.dilationY);
        let rowInside = (down >= 0) & (down < i32(params.height));
        let base = (image + select(0u, u32(down), rowInside)) * params.width;
        var window: array<Lane, WINDOW>;
        // unroll
        for (var w = 0u; w < WINDOW; w++) {
          let across = left + i32(w);
          let inside = (across >= 0) & (across < i32(params.width)) & rowInside;
          window[w] = select(Lane(0.0), x[(base + select(0u, u32(across), inside)) * inChannels + inChannel], inside);
        }
        // unroll
        for (var t = 0u; t < TAPS; t++) {
          // unroll
          for (var k = 0u; k < PIXELS; k++) {
            sums[i * TAPS + t] += window[k * STRIDE_X + t * DILATION_X] * gradients[k];
          }
        }
      }
    }
  }
  let start = slice * slicing.taps * params.channels + channel;
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    // unroll
    for (var t = 0u; t < TAPS; t++) {
      partial[start + ((tapRow + i) * params.kernelWidth + tapColumn + t) * params.channels] = sums[i * TAPS + t];
    }
  }
  if (BIAS && part == 0u) { partial[start + (slicing.taps - 1u) * params.channels] = biasSum; }
}
