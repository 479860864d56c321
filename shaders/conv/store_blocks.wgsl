// As gemm/store, where each row of the product is a block of the image: the filter is as large as its stride, so every
// pixel is in one block and was used by one tap. Row m is a block, the batch a group and a tap, which is the pixel's place
// in the block. One division a row, where phases of a filter that overlaps itself (conv/store_phases) take seven.

struct Blocks {
  /// Pixels of a block.
  height: u32,
  width: u32,
  /// Blocks in a row of the image, and its pixels.
  columns: u32,
  imageWidth: u32,
}
@group(0) @binding(8) var<uniform> blocks: Blocks;

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
  let taps = blocks.height * blocks.width;
  let tap = batch % taps;
  let first = tap / blocks.width * blocks.imageWidth + tap % blocks.width;
  let down = m / blocks.columns;
  let right = m - down * blocks.columns;
  let pixel = first + down * blocks.height * blocks.imageWidth + right * blocks.width;
  return pixel * place.row + batch / taps * place.batch + slice * place.slice;
}

fn storedColumn(n: u32, batch: u32) -> u32 {
  return (n / LANES + batch / (blocks.height * blocks.width) * place.batch) % place.row;
}

fn store(row: StoredRow, n: u32, value: Lane, column: EpilogueColumn) {
  let index = row + n / LANES;
  y[index] = epilogueAt(value, index, column);
}
