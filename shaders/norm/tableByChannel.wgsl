// A table of numbers for each item and channel: [rows, items, channels] in lanes.

struct TableShape {
  items: u32,
  channels: u32,
}
@group(0) @binding(1) var<storage, read> table: array<Lane>;
@group(0) @binding(7) var<uniform> tableShape: TableShape;

fn tableAt(row: u32, item: u32, channel: u32) -> Lane {
  return table[(row * tableShape.items + item) * tableShape.channels + channel];
}
