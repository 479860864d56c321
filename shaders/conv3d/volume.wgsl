// Sizes of a 3-D convolution as a matrix product. "In" is the volume that is read as A, "out" the grid of the product's
// rows or sum; axes are depth, height, width.

struct Volume {
  inDepth: u32,
  inHeight: u32,
  inWidth: u32,
  outDepth: u32,
  outHeight: u32,
  outWidth: u32,
  kernelHeight: u32,
  kernelWidth: u32,
  strideZ: u32,
  strideY: u32,
  strideX: u32,
  dilationZ: u32,
  dilationY: u32,
  dilationX: u32,
  padFront: i32,
  padTop: i32,
  padLeft: i32,
  /// Channels of a voxel in lanes.
  channels: u32,
  /// Channels of a group: in lanes, and one by one.
  groupLanes: u32,
  groupChannels: u32,
  /// Row of A that is all ones.
  ones: u32,
}
@group(0) @binding(4) var<uniform> volume: Volume;
@group(0) @binding(0) var<storage, read> a: array<ALane>;

/// Place of a filter's tap, dilated, without the padding.
fn tapPlace(tap: u32) -> vec3i {
  let z = tap / (volume.kernelWidth * volume.kernelHeight) * volume.dilationZ;
  let y = tap / volume.kernelWidth % volume.kernelHeight * volume.dilationY;
  return vec3i(vec3u(z, y, tap % volume.kernelWidth * volume.dilationX));
}

fn padding() -> vec3i {
  return vec3i(volume.padFront, volume.padTop, volume.padLeft);
}

fn strides() -> vec3i {
  return vec3i(vec3u(volume.strideZ, volume.strideY, volume.strideX));
}

fn isInside(at: vec3i) -> bool {
  return all(at >= vec3i(0)) & all(at < vec3i(vec3u(volume.inDepth, volume.inHeight, volume.inWidth)));
}

/// Lane of the volume's first channel at a place, relative to the volume's own.
fn voxel(at: vec3i) -> u32 {
  let p = vec3u(at);
  return ((p.x * volume.inHeight + p.y) * volume.inWidth + p.z) * volume.channels;
}

/// First lane of the volume that holds row m, in a group of channels.
fn volumeStart(m: u32, group: u32) -> u32 {
  let item = m / (volume.outDepth * volume.outHeight * volume.outWidth);
  return item * volume.inDepth * volume.inHeight * volume.inWidth * volume.channels + group * volume.groupLanes;
}

/// Place of row m on the grid of rows.
fn rowPlace(m: u32) -> vec3i {
  let x = m % volume.outWidth;
  let y = m / volume.outWidth % volume.outHeight;
  let z = m / (volume.outWidth * volume.outHeight) % volume.outDepth;
  return vec3i(vec3u(z, y, x));
}
