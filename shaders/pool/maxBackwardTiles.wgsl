// uses: lib/grid, pool/planes
// Gradient of max pooling whose windows tile the image (stride = kernel, no padding): one window to a pixel, so that
// each dY and index is loaded once. Pixels right of and below the last whole window get 0.
// dY and indices: [N, OH, OW, C]; dX: [N, H, W, C].
// One invocation: one lane of one tile of ROWS x COLUMNS pixels of dX. One workgroup: 256 neighbours along C,
// then tiles.
@group(0) @binding(0) var<storage, read> dY: array<Lane>;
@group(0) @binding(1) var<storage, read> indices: array<LaneIndex>;
@group(0) @binding(2) var<storage, read_write> dX: array<Lane>;

const ROWS = 1u;
const COLUMNS = 1u;
/// The tiles reach over the image's border.
const RAGGED = true;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 256u + local;
  if (index >= planes.count) { return; }
  let width = planes.width;
  let tile = pixelAt(index, (planes.height + ROWS - 1u) / ROWS, (width + COLUMNS - 1u) / COLUMNS);
  let top = tile.row * ROWS;
  let left = tile.column * COLUMNS;
  let fetched = epilogueColumn(tile.channel);
  var gradient = Lane(0.0);
  var at = LaneIndex(-1);
  if (!RAGGED || (tile.row < planes.outHeight && tile.column < planes.outWidth)) {
    let source = ((tile.image * planes.outHeight + tile.row) * planes.outWidth + tile.column) * planes.channels + tile.channel;
    gradient = dY[source];
    at = indices[source];
  }
  let origin = top * width + left;
  let corner = (tile.image * planes.height * width + origin) * planes.channels + tile.channel;
  let found = at - LaneIndex(i32(origin));
  // unroll
  for (var di = 0u; di < ROWS; di++) {
    // unroll
    for (var dj = 0u; dj < COLUMNS; dj++) {
      if (!RAGGED || (top + di < planes.height && left + dj < width)) {
        let offset = di * width + dj;
        let to = corner + offset * planes.channels;
        dX[to] = epilogueAt(select(Lane(0.0), gradient, found == LaneIndex(i32(offset))), to, fetched);
      }
    }
  }
}
