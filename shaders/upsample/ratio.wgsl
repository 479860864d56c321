// Pixels of x to a pixel of y, as fractions: rows / perRows and columns / perColumns.
struct Ratio {
  rows: u32,
  perRows: u32,
  columns: u32,
  perColumns: u32,
}
@group(0) @binding(9) var<uniform> ratio: Ratio;
