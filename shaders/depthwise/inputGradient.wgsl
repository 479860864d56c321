// uses: lib/grid, depthwise/window
// dX[n, h, w, c] = sum over taps and over the multiplier's channels f of c of dY[n, oh, ow, f] kernel[kh, kw, f], where
// (oh, ow) is the output pixel that read (h, w) by the tap, if there is one: oh = (h + p - kh d) / s without a rest.
// One invocation computes one lane of channels of one pixel; a workgroup is 64 of them, neighbours along channels.

@group(0) @binding(0) var<storage, read> dY: array<Lane>;
@group(0) @binding(1) var<storage, read> kernel: array<Lane>;
@group(0) @binding(2) var<storage, read_write> dX: array<Lane>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.count) { return; }
  let inChannels = params.channels / params.multiplier;
  let firstChannel = index % inChannels * params.multiplier;
  let column = index / inChannels % params.width;
  let row = index / (inChannels * params.width) % params.height;
  let image = index / (inChannels * params.width * params.height);
  var sum = Lane(0.0);
  for (var i = 0u; i < params.kernelHeight; i++) {
    let down = i32(row) + params.padTop - i32(i * params.dilationY);
    let outRow = down / i32(params.strideY);
    if (down < 0 || outRow * i32(params.strideY) != down || outRow >= i32(params.outHeight)) { continue; }
    for (var j = 0u; j < params.kernelWidth; j++) {
      let across = i32(column) + params.padLeft - i32(j * params.dilationX);
      let outColumn = across / i32(params.strideX);
      if (across < 0 || outColumn * i32(params.strideX) != across || outColumn >= i32(params.outWidth)) { continue; }
      let pixel = (image * params.outHeight + u32(outRow)) * params.outWidth + u32(outColumn);
      let tap = i * params.kernelWidth + j;
      for (var k = firstChannel; k < firstChannel + params.multiplier; k++) {
        sum += dY[pixel * params.channels + k] * kernel[tap * params.channels + k];
      }
    }
  }
  dX[index] = epilogue(sum, index);
}
