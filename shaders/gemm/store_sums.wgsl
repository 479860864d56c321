// As gemm/store, but row `ones` of the product, the column sums of B, goes to `sums`.

struct Place {
  /// In lanes.
  row: u32,
  batch: u32,
  ones: u32,
}
@group(0) @binding(6) var<uniform> place: Place;
@group(0) @binding(2) var<storage, read_write> y: array<Lane>;
@group(0) @binding(7) var<storage, read_write> sums: array<Lane>;

struct StoredRow {
  start: u32,
  isSums: bool,
}

fn storedRow(m: u32, batch: u32, slice: u32) -> StoredRow {
  return StoredRow(select(m, 0u, m >= place.ones) * place.row + batch * place.batch, m >= place.ones);
}

fn storedColumn(n: u32, batch: u32) -> u32 {
  return (n / LANES + batch * place.batch) % place.row;
}

fn store(row: StoredRow, n: u32, value: Lane, column: EpilogueColumn) {
  let index = row.start + n / LANES;
  if (row.isSums) {
    sums[index] = value;
  } else {
    y[index] = epilogueAt(value, index, column);
  }
}
