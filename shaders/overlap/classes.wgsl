// Targets of the overlap as class indices, one a row: t is 1 at the class, else 0.

@group(0) @binding(2) var<storage, read> targets: array<i32>;

fn rowState(row: u32) -> u32 {
  let label = targets[row];
  if (label == params.ignoreIndex || label == params.absentIndex) { return IGNORED; }
  return select(COUNTED, OUT_OF_RANGE, label < 0 || u32(label) >= params.channels);
}

fn targetAt(row: u32, c: u32) -> f32 {
  return select(0.0, 1.0, targets[row] == i32(c));
}
