// Labels of cross-entropy as class indices, one a row. A label out of range is noticed before it is used as an index.

struct LabelParams {
  ignoreIndex: i32,
  /// The label of rows that are not there.
  absentIndex: i32,
}

@group(0) @binding(2) var<storage, read> labels: array<i32>;
@group(0) @binding(3) var<uniform> labelParams: LabelParams;

/// Of the row that `rowState` saw last.
var<private> label: i32;

fn rowState(row: u32) -> u32 {
  label = labels[row];
  if (label == labelParams.ignoreIndex || label == labelParams.absentIndex) { return IGNORED; }
  return select(COUNTED, OUT_OF_RANGE, label < 0 || u32(label) >= params.classes);
}

fn targetAt(row: u32, c: u32) -> f32 {
  return select(0.0, 1.0, label == i32(c));
}

/// A row counts in the mean as much as its class weighs.
fn rowWeight(row: u32) -> f32 {
  return classWeight(u32(label));
}
