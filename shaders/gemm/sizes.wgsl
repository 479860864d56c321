// Sizes of a product and of its grid, for both kernel families.

struct Tile {
  m: u32,
  n: u32,
  /// Workgroups along m and n, and of all batches and slices.
  groupsM: u32,
  groupsN: u32,
  groups: u32,
  slices: u32,
  segments: u32,
  segmentsPerSlice: u32,
  depth: u32,
  /// Length of the whole sum; the last segment may be shorter than `depth`.
  total: u32,
}
@group(0) @binding(3) var<uniform> tile: Tile;
