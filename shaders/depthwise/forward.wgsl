// uses: lib/grid, depthwise/window
// y[n, oh, ow, f] = sum over taps of x[n, oh s - p + kh d, ow s - p + kw d, f / multiplier] kernel[kh, kw, f], taps
// ascending. One invocation computes one lane of channels of PIXELS neighbours of an output row. TAPS taps of a row of
// the filter at a time, it loads the window of x that they all see, and their weights, once. A workgroup is 64 of them,
// neighbours along channels, then along the row.

const WINDOW = (PIXELS - 1u) * STRIDE_X + (TAPS - 1u) * DILATION_X + 1u;

@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read> kernel: array<Lane>;
@group(0) @binding(2) var<storage, read_write> y: array<Lane>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  let channel = index % params.channels;
  let stretches = (params.outWidth + PIXELS - 1u) / PIXELS;
  let rest = index / params.channels;
  let column = rest % stretches * PIXELS;
  let row = rest / stretches;
  let at = Stretch(row / params.outHeight, row % params.outHeight, column, channel, channel / params.multiplier);
  var sums: array<Lane, PIXELS>;
  // unroll
  for (var step = 0u; step < UNROLLED; step++) { addTaps(at, step, &sums); }
  for (var step = UNROLLED; step < STEPS; step++) { addTaps(at, step, &sums); }
  let start = (row * params.outWidth + column) * params.channels + channel;
  // unroll
  for (var k = 0u; k < PIXELS; k++) {
    if (column + k < params.outWidth) { y[start + k * params.channels] = epilogue(sums[k], start + k * params.channels); }
  }
}

fn addTaps(at: Stretch, step: u32, sums: ptr<function, array<Lane, PIXELS>>) {
  let tap = step * TAPS;
  let down = i32(at.row * params.strideY + tap / params.kernelWidth * params.dilationY) - params.padTop;
  let rowInside = (down >= 0) & (down < i32(params.height));
  let left = i32(at.column * STRIDE_X + tap % params.kernelWidth * DILATION_X) - params.padLeft;
  let inChannels = params.channels / params.multiplier;
  let base = (at.image * params.height + select(0u, u32(down), rowInside)) * params.width;
  var window: array<Lane, WINDOW>;
  // unroll
  for (var i = 0u; i < WINDOW; i++) {
    let across = left + i32(i);
    let inside = (across >= 0) & (across < i32(params.width)) & rowInside;
    window[i] = select(Lane(0.0), x[(base + select(0u, u32(across), inside)) * inChannels + at.inChannel], inside);
  }
  // unroll
  for (var t = 0u; t < TAPS; t++) {
    let weight = kernel[(tap + t) * params.channels + at.channel];
    // unroll
    for (var k = 0u; k < PIXELS; k++) { (*sums)[k] += window[k * STRIDE_X + t * DILATION_X] * weight; }
  }
}
