// Y[m, n] goes to y at m * row + n + batch and slice offsets, through the epilogue.

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
  return m * place.row + batch * place.batch + slice * place.slice;
}

/// Where the values of column n stand in the last axis of y, in lanes: the rows of y are as long as that axis.
fn storedColumn(n: u32, batch: u32) -> u32 {
  return (n / LANES + batch * place.batch) % place.row;
}

fn store(row: StoredRow, n: u32, value: Lane, column: EpilogueColumn) {
  let index = row + n / LANES;
  y[index] = epilogueAt(value, index, column);
}
