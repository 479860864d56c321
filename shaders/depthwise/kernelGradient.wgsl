// uses: lib/grid, depthwise/window
// First stage of dKernel[kh, kw, f] = sum over n, oh, ow of x[n, oh s - p + kh d, .., f / multiplier] dY[n, oh, ow, f].
// Slice s sums the output rows s, s + slices, .. of all images; partial is [slices, taps, channels]. With the bias there
// is one more tap, for which x is 1. One invocation sums one lane of channels of one tap and slice, rows and pixels
// ascending; a workgroup is 64 of them, neighbours along channels, then taps.

struct SliceParams {
  /// Output rows of all images.
  rows: u32,
  slices: u32,
  /// Rows of partial in a slice: of the filter, and one for the bias.
  taps: u32,
}
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read> dY: array<Lane>;
@group(0) @binding(2) var<storage, read_write> partial: array<Lane>;
@group(0) @binding(4) var<uniform> slicing: SliceParams;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  let channel = index % params.channels;
  let tap = index / params.channels % slicing.taps;
  let slice = index / (params.channels * slicing.taps);
  let isBias = tap == params.kernelHeight * params.kernelWidth;
  let inChannels = params.channels / params.multiplier;
  let inChannel = channel / params.multiplier;
  let tapDown = i32(tap / params.kernelWidth * params.dilationY) - params.padTop;
  let tapAcross = i32(tap % params.kernelWidth * params.dilationX) - params.padLeft;
  var sum = Lane(0.0);
  for (var r = slice; r < slicing.rows; r += slicing.slices) {
    let down = i32(r % params.outHeight * params.strideY) + tapDown;
    if (!isBias && (down < 0 || down >= i32(params.height))) { continue; }
    let base = (r / params.outHeight * params.height + select(u32(down), 0u, isBias)) * params.width;
    let outBase = r * params.outWidth;
    for (var column = 0u; column < params.outWidth; column++) {
      let across = i32(column * params.strideX) + tapAcross;
      let inside = (across >= 0) & (across < i32(params.width)) & !isBias;
      let value = x[(base + select(0u, u32(across), inside)) * inChannels + inChannel];
      let factor = select(Lane(f32(isBias)), value, inside);
      sum += factor * dY[(outBase + column) * params.channels + channel];
    }
  }
  partial[index] = sum;
}
