// A table of numbers for each item and group of channels: [rows, items, groups]; a lane lies within one group.

struct TableShape {
  items: u32,
  groups: u32,
  /// In lanes.
  groupChannels: u32,
}
@group(0) @binding(1) var<storage, read> table: array<f32>;
@group(0) @binding(7) var<uniform> tableShape: TableShape;

fn tableAt(row: u32, item: u32, channel: u32) -> Lane {
  let group = channel / tableShape.groupChannels;
  return Lane(table[(row * tableShape.items + item) * tableShape.groups + group]);
}
