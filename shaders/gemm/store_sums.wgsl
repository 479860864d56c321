// As gemm/store, but row `ones` of the product, the column sums of B, goes to `sums`.

struct StoreParams {
  /// In lanes.
  row: u32,
  batch: u32,
  ones: u32,
}
@group(0) @binding(6) var<uniform> place: StoreParams;
@group(0) @binding(2) var<storage, read_write> y: array<Lane>;
@group(0) @binding(7) var<storage, read_write> sums: array<Lane>;

fn store(m: u32, n: u32, batch: u32, slice: u32, value: Lane) {
  if (m < place.ones) {
    let index = m * place.row + n / LANES + batch * place.batch;
    y[index] = epilogue(value, index);
  } else {
    sums[n / LANES + batch * place.batch] = value;
  }
}
