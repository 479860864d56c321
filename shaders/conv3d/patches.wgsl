// uses: conv3d/volume
// A is the matrix of patches of a volume, never stored: row m is an output voxel, segment a tap, k a channel; as
// conv/patches in three dimensions.

struct AOpen {
  start: u32,
  at: vec3i,
}

struct ARow {
  start: u32,
  inside: bool,
}

fn aOpen(m: u32, group: u32) -> AOpen {
  return AOpen(volumeStart(m, group), rowPlace(m) * strides() - padding());
}

fn aRow(opened: AOpen, batch: u32, tap: u32) -> ARow {
  let at = opened.at + tapPlace(tap);
  let inside = isInside(at);
  return ARow(opened.start + select(0u, voxel(at), inside), inside);
}

fn aLoad(row: ARow, k: u32) -> ALane {
  return select(ALane(0.0), a[row.start + k / DEPTH_LANES], row.inside);
}
