// Y[m, n] goes to y at m * row + n + batch and slice offsets, through the epilogue.

struct StoreParams {
  /// In lanes.
  row: u32,
  batch: u32,
  slice: u32,
}
@group(0) @binding(6) var<uniform> place: StoreParams;
@group(0) @binding(2) var<storage, read_write> y: array<Lane>;

fn store(m: u32, n: u32, batch: u32, slice: u32, value: Lane) {
  let index = m * place.row + n / LANES + batch * place.batch + slice * place.slice;
  y[index] = epilogue(value, index);
}
