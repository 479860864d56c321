// Rows of the AUC with class indices: one class against the others.

@group(0) @binding(3) var<storage, read> labels: array<i32>;

fn side(row: u32) -> u32 {
  let label = labels[row];
  if (label == params.ignoreIndex || label == params.absentIndex) { return NEITHER; }
  return select(NEGATIVE, POSITIVE, label == params.positive);
}
