// uses: conv/phases
// As gemm/store, for rows that are pixels of a phase.

struct Place {
  /// In lanes.
  row: u32,
  batch: u32,
  slice: u32,
}
@group(0) @binding(6) var<uniform> place: Place;
@group(0) @binding(2) var<storage, read_write> y: array<Lane>;

alias StoredRow = u32;

fn storedRow(m: u32, batch: u32, slice: u32) -> StoredRow {
  let pixel = phasePixel(m, batch);
  let at = (pixel.image * phases.height + pixel.y) * phases.width + pixel.x;
  return at * place.row + groupOf(batch) * place.batch + slice * place.slice;
}

fn storedColumn(n: u32, batch: u32) -> u32 {
  return (n / LANES + groupOf(batch) * place.batch) % place.row;
}

fn store(row: StoredRow, n: u32, value: Lane, column: EpilogueColumn) {
  let index = row + n / LANES;
  y[index] = epilogueAt(value, index, column);
}
