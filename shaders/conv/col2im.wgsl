// uses: lib/grid, conv/stored_geometry
// The adjoint of im2col, as a gather: each invocation sums, for one lane of one pixel of x, the patch entries that
// were copied from it, taps ascending.

@group(0) @binding(0) var<storage, read> patches: array<Lane>;
@group(0) @binding(1) var<storage, read_write> x: array<Lane>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  let channel = index % params.channels;
  let column = index / params.channels % params.width;
  let row = index / (params.channels * params.width) % params.height;
  let image = index / (params.channels * params.width * params.height);
  var sum = Lane(0.0);
  for (var tap = 0u; tap < params.taps; tap++) {
    let down = i32(row) + params.padTop - i32(tap / params.kernelWidth * params.dilationY);
    let right = i32(column) + params.padLeft - i32(tap % params.kernelWidth * params.dilationX);
    let y = down / i32(params.strideY);
    let z = right / i32(params.strideX);
    let onGrid = down >= 0 && right >= 0 && y * i32(params.strideY) == down && z * i32(params.strideX) == right;
    if (onGrid && y < i32(params.outHeight) && z < i32(params.outWidth)) {
      let m = (image * params.outHeight + u32(y)) * params.outWidth + u32(z);
      sum += patches[(m * params.taps + tap) * params.channels + channel];
    }
  }
  x[index] = epilogue(sum, index);
}
