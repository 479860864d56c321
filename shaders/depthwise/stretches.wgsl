// uses: lib/grid, depthwise/window
// A depthwise convolution, or its gradient by the input. One invocation computes one lane of channels of PIXELS
// neighbours of a row of the result; a workgroup is 64 of them, neighbours along channels, then along the row. TAPS taps
// of a row of the filter at a time, the linked sibling (depthwise/taps, depthwise/transposedTaps) loads the window of
// the image that they all see, and their weights, once. Order of accumulation: taps ascending.

/// Windows that a result pixel sees, and as many of them as are not in a loop: all, or none.
const STEPS = 3u;
const UNROLLED = 3u;

@group(0) @binding(0) var<storage, read> image: array<Lane>;
@group(0) @binding(1) var<storage, read> kernel: array<Lane>;
@group(0) @binding(2) var<storage, read_write> result: array<Lane>;

struct Stretches {
  /// Invocations.
  count: u32,
  /// Of the result; channels in lanes.
  height: u32,
  width: u32,
  channels: u32,
}
@group(0) @binding(4) var<uniform> stretches: Stretches;

/// The first pixel of a stretch, in lanes of channels.
struct Stretch {
  image: u32,
  row: u32,
  column: u32,
  channel: u32,
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= stretches.count) { return; }
  let channel = index % stretches.channels;
  let rest = index / stretches.channels;
  let across = (stretches.width + PIXELS - 1u) / PIXELS;
  let column = rest % across * PIXELS;
  let row = rest / across;
  let at = Stretch(row / stretches.height, row % stretches.height, column, channel);
  var sums: array<Lane, PIXELS>;
  // unroll
  for (var step = 0u; step < UNROLLED; step++) { addTaps(at, step, &sums); }
  for (var step = UNROLLED; step < STEPS; step++) { addTaps(at, step, &sums); }
  let start = (row * stretches.width + column) * stretches.channels + channel;
  // unroll
  for (var k = 0u; k < PIXELS; k++) {
    let i = start + k * stretches.channels;
    if (column + k < stretches.width) { result[i] = epilogue(sums[k], i); }
  }
}
