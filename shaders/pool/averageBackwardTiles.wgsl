// uses: lib/grid, lib/block, pool/planes
// Gradient of average pooling whose windows tile the image (stride = kernel, no padding): each dY is loaded once and
// spread over its window. Pixels right of and below the last whole window get 0.
// dY: [N, OH, OW, C]; dX: [N, H, W, C].
// One invocation: one block of channels of one tile of ROWS x COLUMNS pixels of dX. One workgroup: 256 neighbours along C,
// then tiles.
@group(0) @binding(0) var<storage, read> dY: array<Block>;
@group(0) @binding(1) var<storage, read_write> dX: array<Block>;

const ROWS = 1u;
const COLUMNS = 1u;
/// The tiles reach over the image's border.
const RAGGED = true;

struct Tiles {
  divisor: f32,
}
@group(0) @binding(9) var<uniform> tiles: Tiles;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= planes.count) { return; }
  let width = planes.width;
  let tile = pixelAt(index, (planes.height + ROWS - 1u) / ROWS, (width + COLUMNS - 1u) / COLUMNS);
  let top = tile.row * ROWS;
  let left = tile.column * COLUMNS;
  var fetched: array<EpilogueColumn, BLOCK>;
  // unroll
  for (var k = 0u; k < BLOCK; k++) { fetched[k] = epilogueColumn(tile.channel * BLOCK + k); }
  var gradient: Block;
  if (!RAGGED || (tile.row < planes.outHeight && tile.column < planes.outWidth)) {
    let source = ((tile.image * planes.outHeight + tile.row) * planes.outWidth + tile.column) * planes.channels + tile.channel;
    let values = dY[source];
    // unroll
    for (var k = 0u; k < BLOCK; k++) { gradient[k] = values[k] / tiles.divisor; }
  }
  let origin = top * width + left;
  let corner = (tile.image * planes.height * width + origin) * planes.channels + tile.channel;
  // unroll
  for (var di = 0u; di < ROWS; di++) {
    // unroll
    for (var dj = 0u; dj < COLUMNS; dj++) {
      if (!RAGGED || (top + di < planes.height && left + dj < width)) {
        let offset = di * width + dj;
        let to = corner + offset * planes.channels;
        // unroll
        for (var k = 0u; k < BLOCK; k++) { dX[to][k] = epilogueAt(gradient[k], to * BLOCK + k, fetched[k]); }
      }
    }
  }
}
