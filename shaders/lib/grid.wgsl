// Unfolds the grid: a count of workgroups beyond 65,535 is spread over x and y by src/passes/grid.ts.

/// Linear index of this workgroup. Surplus workgroups of the last row get indices past the count.
fn workgroupIndex(id: vec3u, grid: vec3u) -> u32 {
  return id.y * grid.x + id.x;
}
