// uses: lib/grid, depthwise/window
// y[n, oh, ow, f] = sum over taps of x[n, oh s - p + kh d, ow s - p + kw d, f / multiplier] kernel[kh, kw, f], taps
// ascending. One invocation computes one lane of channels of PIXELS neighbours of an output row, so that a tap's weights
// are loaded once for all of them; a workgroup is 64 of them, neighbours along channels, then along the row.

@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read> kernel: array<Lane>;
@group(0) @binding(2) var<storage, read_write> y: array<Lane>;

const PIXELS = 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  let channel = index % params.channels;
  let stretches = (params.outWidth + PIXELS - 1u) / PIXELS;
  let rest = index / params.channels;
  let column = rest % stretches * PIXELS;
  let row = rest / stretches % params.outHeight;
  let image = rest / (stretches * params.outHeight);
  let inChannels = params.channels / params.multiplier;
  let inChannel = channel / params.multiplier;
  var sums: array<Lane, PIXELS>;
  for (var i = 0u; i < params.kernelHeight; i++) {
    let down = i32(row * params.strideY + i * params.dilationY) - params.padTop;
    if (down < 0 || down >= i32(params.height)) { continue; }
    let base = (image * params.height + u32(down)) * params.width;
    for (var j = 0u; j < params.kernelWidth; j++) {
      let weight = kernel[(i * params.kernelWidth + j) * params.channels + channel];
      let left = i32(column * params.strideX + j * params.dilationX) - params.padLeft;
      // unroll
      for (var k = 0u; k < PIXELS; k++) {
        let across = left + i32(k * params.strideX);
        let inside = (across >= 0) & (across < i32(params.width));
        let value = x[(base + select(0u, u32(across), inside)) * inChannels + inChannel];
        sums[k] += select(Lane(0.0), value, inside) * weight;
      }
    }
  }
  // unroll
  for (var k = 0u; k < PIXELS; k++) {
    if (column + k < params.outWidth) {
      let at = ((image * params.outHeight + row) * params.outWidth + column + k) * params.channels + channel;
      y[at] = epilogue(sums[k], at);
    }
  }
}
