// uses: conv3d/volume
// A is the transposed matrix of patches of a volume: row m is (tap, channel), segment a row of output voxels, k the voxel
// in it; as conv/patch_columns in three dimensions. Row `ones` is all ones.

struct AOpen {
  /// Of the tap, less the padding.
  at: vec3i,
  /// In lanes.
  channel: u32,
  isOnes: bool,
}

struct ARow {
  start: u32,
  x: i32,
  inside: bool,
  isOnes: bool,
}

fn aOpen(m: u32, group: u32) -> AOpen {
  let isOnes = m >= volume.ones;
  let tap = select(m / volume.groupChannels, 0u, isOnes);
  let channel = m % volume.groupChannels + group * volume.groupChannels;
  return AOpen(tapPlace(tap) - padding(), select(channel / ROW_LANES, 0u, isOnes), isOnes);
}

fn aRow(opened: AOpen, batch: u32, segment: u32) -> ARow {
  let row = segment * volume.outWidth;
  let at = rowPlace(row) * strides() + opened.at;
  let first = vec3i(at.xy, 0);
  let inside = isInside(first);
  return ARow(volumeStart(row, 0u) + select(0u, voxel(first), inside) + opened.channel, at.z, inside, opened.isOnes);
}

fn aLoad(row: ARow, k: u32) -> ALane {
  let x = i32(k * volume.strideX) + row.x;
  let inside = row.inside & (x >= 0) & (x < i32(volume.inWidth));
  let value = a[row.start + select(0u, u32(x), inside) * volume.channels];
  return select(select(ALane(0.0), value, inside), ALane(1.0), row.isOnes);
}
