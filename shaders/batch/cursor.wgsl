// uses: batch/permute
// Which example of a data set is which row of a batch.

struct Cursor {
  first: u32,
  seed: u32,
  epoch: u32,
  /// 0: in the order of the data set.
  shuffle: u32,
}

@group(0) @binding(2) var<storage, read> cursor: Cursor;

/// The example at position first + b of the epoch's order, of so many; past the last one a number that is no example's.
/// 4^halfBits >= examples.
fn exampleOf(b: u32, examples: u32, halfBits: u32) -> u32 {
  let position = cursor.first + b;
  if (position >= examples || cursor.shuffle == 0u) { return position; }
  return permuted(position, examples, halfBits, cursor.seed, cursor.epoch);
}
