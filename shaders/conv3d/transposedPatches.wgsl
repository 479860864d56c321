// uses: conv3d/volume
// A is the matrix of transposed patches of a volume: row m is an input voxel, segment a tap, k a filter; as
// conv/transposed_patches in three dimensions.

struct AOpen {
  start: u32,
  at: vec3i,
}

struct ARow {
  start: u32,
  inside: bool,
}

fn aOpen(m: u32, group: u32) -> AOpen {
  return AOpen(volumeStart(m, group), rowPlace(m) + padding());
}

fn aRow(opened: AOpen, batch: u32, tap: u32) -> ARow {
  let place = opened.at - tapPlace(tap);
  let at = place / strides();
  // Of a negative place the quotient is rounded towards 0.
  let inside = all(place >= vec3i(0)) & all(at * strides() == place) & isInside(at);
  return ARow(opened.start + select(0u, voxel(at), inside), inside);
}

fn aLoad(row: ARow, k: u32) -> ALane {
  return select(ALane(0.0), a[row.start + k / DEPTH_LANES], row.inside);
}
