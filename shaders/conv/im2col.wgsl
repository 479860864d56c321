// uses: lib/grid, conv/stored_geometry
// The matrix of patches, stored: patches[m, tap, c] = x at the pixel that tap reads for output pixel m, 0 outside.
// Each invocation copies one lane of channels. The readable baseline; implicit GEMM needs no such matrix.

@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> patches: array<Lane>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  let channel = index % params.channels;
  let tap = index / params.channels % params.taps;
  let m = index / (params.channels * params.taps);
  let column = m % params.outWidth;
  let row = m / params.outWidth % params.outHeight;
  let image = m / (params.outWidth * params.outHeight);
  let inY = i32(row * params.strideY + tap / params.kernelWidth * params.dilationY) - params.padTop;
  let inX = i32(column * params.strideX + tap % params.kernelWidth * params.dilationX) - params.padLeft;
  var value = Lane(0.0);
  if (inY >= 0 && inX >= 0 && inY < i32(params.height) && inX < i32(params.width)) {
    value = x[((image * params.height + u32(inY)) * params.width + u32(inX)) * params.channels + channel];
  }
  patches[index] = value;
}
