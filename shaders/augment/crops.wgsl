// uses: lib/grid, lib/threefry, batch/permute
//
// Takes B square crops out of N images of bytes, [N, H, W, C], with their masks, [N, H, W]:
//
//     x[b, row, column, c] = tone(image at source(row, column)) * scale + offset,      y[b, ..] = mask at the same source
//
// where x is [B, size, size, C] and y, [B, maskSize, maskSize], lies in its middle. Linked with augment/rigid or
// augment/elastic, which define `prepare`, `displacement` and `pixelAt`, with augment/anywhere or augment/centred, which
// define `drawPlace`, and with augment/unweighted or augment/weighted, which define `storeWeight`. Beyond its borders an
// image is mirrored about the middle of its first and last pixels.
//
// One workgroup makes 64 * CHUNK neighbouring pixels of one crop, one invocation CHUNK of them in a row.
//
// Crop b is at position p = first + b of the epoch. With `shuffle`, image, place and changes are drawn from
// threefry(key (seed, epoch), counter (p, n)): n = 0 the place, n = 1 turns, flips and tone, n >= 2 the elastic field.
// Without, position p is the p-th of the crops whose masks cover each image in `gridRows` x `gridColumns` places, as it
// is in the data set.

struct Params {
  /// The part of the N images that crops are taken from: `examples` of them from `start` on.
  start: u32,
  examples: u32,
  /// H, W, C.
  height: i32,
  width: i32,
  channels: u32,
  /// B, and workgroups of one crop.
  batch: u32,
  groupsPerCrop: u32,
  /// Sides of a crop and of its mask, in pixels.
  size: u32,
  maskSize: u32,
  /// Positions of an epoch; those beyond are blank, without labels.
  crops: u32,
  gridRows: u32,
  gridColumns: u32,
  /// 4^halfBits >= examples.
  halfBits: u32,
  /// 1 where the change is allowed.
  horizontalFlip: u32,
  verticalFlip: u32,
  quarterTurns: u32,
  /// Largest change of grey levels, and of contrast about the middle grey.
  brightness: f32,
  contrast: f32,
  scale: f32,
  offset: f32,
  noLabel: i32,
}

struct Cursor {
  first: u32,
  seed: u32,
  epoch: u32,
  /// 0: in the order of the data set, unchanged.
  shuffle: u32,
}

/// Where the mask of a crop begins: in an image among those that take part, at a row and a column.
struct Place {
  example: u32,
  top: i32,
  left: i32,
}

/// Where a crop lies, and what is done to it.
struct Crop {
  /// Among those that take part.
  example: u32,
  /// Middle of the crop in its image, in pixels; halves for an even side.
  middle: vec2f,
  /// Rows of the matrix from (row, column) about the middle of the crop to the same in the image.
  rowMap: vec2f,
  columnMap: vec2f,
  /// pixel * gain + bias, kept within 0 to 255.
  gain: f32,
  bias: f32,
}

/// Pixels of one invocation.
const CHUNK = 16u;

@group(0) @binding(0) var<storage, read> images: array<u32>;
@group(0) @binding(1) var<storage, read> masks: array<u32>;
@group(0) @binding(2) var<storage, read> cursor: Cursor;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<i32>;
@group(0) @binding(5) var<uniform> params: Params;

/// Byte i of four to a word, the lowest first.
fn byteOf(word: u32, i: u32) -> u32 {
  return (word >> (8u * (i & 3u))) & 0xffu;
}

/// The n-th 64 random bits of a position.
fn bitsOf(position: u32, n: u32) -> vec2u {
  return threefry(vec2u(cursor.seed, cursor.epoch), vec2u(position, n));
}

/// A whole number below `count` <= 65,536, from the upper half of random bits.
fn below(bits: u32, count: u32) -> u32 {
  return ((bits >> 16u) * count) >> 16u;
}

/// Half of 32 random bits as a number from -1 to 1.
fn signed16(bits: u32) -> f32 {
  return (f32(bits & 0xffffu) - 32767.5) / 32767.5;
}

/// Where a mask begins on an axis of `side` pixels: the i-th of `count` places that cover it evenly.
fn placeOf(i: u32, count: u32, side: i32) -> i32 {
  let free = side - i32(params.maskSize);
  if (count < 2u) { return free >> 1u; }
  return (2 * i32(i) * free + i32(count) - 1) / (2 * (i32(count) - 1));
}

fn cropAt(position: u32) -> Crop {
  var crop: Crop;
  let half = 0.5 * f32(params.maskSize - 1u);
  crop.rowMap = vec2f(1.0, 0.0);
  crop.columnMap = vec2f(0.0, 1.0);
  crop.gain = 1.0;
  if (cursor.shuffle == 0u) {
    let cells = params.gridRows * params.gridColumns;
    crop.example = position / cells;
    let cell = position - crop.example * cells;
    let gridRow = cell / params.gridColumns;
    let top = placeOf(gridRow, params.gridRows, params.height);
    let left = placeOf(cell - gridRow * params.gridColumns, params.gridColumns, params.width);
    crop.middle = vec2f(f32(top), f32(left)) + half;
    return crop;
  }
  let place = drawPlace(position, bitsOf(position, 0u));
  crop.example = place.example;
  crop.middle = vec2f(f32(place.top), f32(place.left)) + half;
  let change = bitsOf(position, 1u);
  if ((change.x & params.quarterTurns) != 0u) {
    crop.rowMap = vec2f(0.0, 1.0);
    crop.columnMap = vec2f(-1.0, 0.0);
  }
  if (((change.x >> 1u) & params.quarterTurns) != 0u) {
    crop.rowMap = -crop.rowMap;
    crop.columnMap = -crop.columnMap;
  }
  if (((change.x >> 2u) & params.verticalFlip) != 0u) { crop.rowMap = -crop.rowMap; }
  if (((change.x >> 3u) & params.horizontalFlip) != 0u) { crop.columnMap = -crop.columnMap; }
  crop.gain = 1.0 + params.contrast * signed16(change.y);
  crop.bias = 127.5 * (1.0 - crop.gain) + params.brightness * signed16(change.y >> 16u);
  return crop;
}

/// Index on an axis of `side` pixels, mirrored about the middles of the pixels at its ends.
fn mirrored(i: i32, side: i32) -> u32 {
  let period = max(1, 2 * (side - 1));
  // By floats, since a CPU divides integers one at a time; the quotient may be rounded across a whole number.
  var within = i - period * i32(floor(f32(i) / f32(period)));
  within += select(0, period, within < 0);
  within -= select(0, period, within >= period);
  return u32(min(within, period - within));
}

/// Index of a pixel of an example that takes part, among all pixels.
fn pixelIndex(example: u32, row: i32, column: i32) -> u32 {
  return ((params.start + example) * u32(params.height) + mirrored(row, params.height)) * u32(params.width) + mirrored(column, params.width);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = workgroupIndex(id, grid);
  let b = group / params.groupsPerCrop;
  if (b >= params.batch) { return; }
  let position = cursor.first + b;
  prepare(position, local);
  let crop = cropAt(position);
  let blank = position >= params.crops || crop.example >= params.examples;
  let area = params.size * params.size;
  let begin = ((group - b * params.groupsPerCrop) * 64u + local) * CHUNK;
  let margin = (params.size - params.maskSize) / 2u;
  let half = 0.5 * f32(params.size - 1u);
  var row = begin / params.size;
  var column = begin - row * params.size;
  for (var i = 0u; i < CHUNK; i++) {
    if (begin + i >= area) { break; }
    let at = vec2f(f32(row), f32(column)) + displacement(row, column) - half;
    let source = crop.middle + vec2f(dot(crop.rowMap, at), dot(crop.columnMap, at));
    let pixel = (b * area + begin + i) * params.channels;
    for (var c = 0u; c < params.channels; c++) {
      var value = 0.0;
      if (!blank) { value = clamp(pixelAt(crop.example, source, c) * crop.gain + crop.bias, 0.0, 255.0); }
      x[pixel + c] = value * params.scale + params.offset;
    }
    // Above or left of the mask these wrap to huge numbers.
    let maskRow = row - margin;
    let maskColumn = column - margin;
    if (maskRow < params.maskSize && maskColumn < params.maskSize) {
      let nearest = vec2i(floor(source + 0.5));
      let pick = pixelIndex(crop.example, nearest.x, nearest.y);
      let to = (b * params.maskSize + maskRow) * params.maskSize + maskColumn;
      y[to] = select(i32(byteOf(masks[pick >> 2u], pick)), params.noLabel, blank);
      storeWeight(to, pick, blank);
    }
    column++;
    if (column == params.size) {
      column = 0u;
      row++;
    }
  }
}
