// uses: lib/grid, lib/block
// Growing by bilinear interpolation: y[n, oh, ow, c] mixes the four pixels of x about it by distance, along W, then along H.
// x: [N, H, W, C]; y: [N, OH, OW, C], with no side smaller; output `o` lies at max(0, o * step + shift) / per in x.
// One invocation: one block of channels of the pixels of y that lie between the same four of x, at most ROWS x COLUMNS; there
// are such cells before the first row and column, too, where all outputs are clamped. One workgroup: 256 neighbours along
// C, then cells.
struct Growth {
  count: u32,
  /// Blocks of one pixel.
  channels: u32,
  height: i32,
  width: i32,
  outHeight: i32,
  outWidth: i32,
  rowStep: i32,
  rowShift: i32,
  rowPer: i32,
  columnStep: i32,
  columnShift: i32,
  columnPer: i32,
}
@group(0) @binding(0) var<storage, read> x: array<Block>;
@group(0) @binding(1) var<storage, read_write> y: array<Block>;
@group(0) @binding(8) var<uniform> growth: Growth;

const ROWS = 2u;
const COLUMNS = 2u;

/// First output that lies at or after `cell`.
fn firstIn(cell: i32, step: i32, shift: i32, per: i32) -> i32 {
  return max(0, (cell * per - shift + step - 1) / step);
}

/// Of the pixel after the cell's first one: of an output that lies `position / per` in x.
fn weightAt(position: i32, cell: i32, per: i32) -> f32 {
  return select(f32(position - cell * per) / f32(per), 0.0, position < 0);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= growth.count) { return; }
  let cell = index / growth.channels;
  let channel = index - cell * growth.channels;
  let line = cell / u32(growth.width + 1);
  let image = i32(line / u32(growth.height + 1));
  let row = i32(line) - image * (growth.height + 1) - 1;
  let column = i32(cell - line * u32(growth.width + 1)) - 1;

  let above = (image * growth.height + max(row, 0)) * growth.width;
  let below = (image * growth.height + min(row + 1, growth.height - 1)) * growth.width;
  let left = max(column, 0);
  let right = min(column + 1, growth.width - 1);
  let aboveLeft = x[u32(above + left) * growth.channels + channel];
  let aboveRight = x[u32(above + right) * growth.channels + channel];
  let belowLeft = x[u32(below + left) * growth.channels + channel];
  let belowRight = x[u32(below + right) * growth.channels + channel];

  let firstRow = firstIn(row, growth.rowStep, growth.rowShift, growth.rowPer);
  let firstColumn = firstIn(column, growth.columnStep, growth.columnShift, growth.columnPer);
  // unroll
  for (var j = 0u; j < COLUMNS; j++) {
    let ow = firstColumn + i32(j);
    let across = ow * growth.columnStep + growth.columnShift;
    if (ow < growth.outWidth && across < (column + 1) * growth.columnPer) {
      let weight = weightAt(across, column, growth.columnPer);
      var upper: Block;
      var lower: Block;
      // unroll
      for (var k = 0u; k < BLOCK; k++) {
        upper[k] = aboveLeft[k] * (1.0 - weight) + aboveRight[k] * weight;
        lower[k] = belowLeft[k] * (1.0 - weight) + belowRight[k] * weight;
      }
      // unroll
      for (var i = 0u; i < ROWS; i++) {
        let oh = firstRow + i32(i);
        let down = oh * growth.rowStep + growth.rowShift;
        if (oh < growth.outHeight && down < (row + 1) * growth.rowPer) {
          let share = weightAt(down, row, growth.rowPer);
          let to = u32((image * growth.outHeight + oh) * growth.outWidth + ow) * growth.channels + channel;
          // unroll
          for (var k = 0u; k < BLOCK; k++) {
            let value = upper[k] * (1.0 - share) + lower[k] * share;
            y[to][k] = epilogueAt(value, to * BLOCK + k, epilogueColumn(channel * BLOCK + k));
          }
        }
      }
    }
  }
}
