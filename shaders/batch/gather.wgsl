// uses: lib/grid, batch/cursor
//
// Takes B examples out of a part of a data set of images of bytes, [.., H, W, C], and lays each in the middle of a canvas:
//
//     x[b, h, w, c] = pixel * scale + offset,      y[b] = label
//
// Row b is the example at position first + b of the epoch's order, counted from the start of the part. Past the last
// example the canvas is all border and the label says that there is none. One invocation writes CHUNK neighbouring lanes
// of one canvas, and the first of a canvas its label; a workgroup 64 times that. A lane lies within one row.

struct Params {
  /// First example of the part.
  start: u32,
  /// Examples of the part (N), of a batch (B), and invocations for one canvas.
  examples: u32,
  batch: u32,
  chunks: u32,
  /// Lanes of a canvas, and elements of one of its rows.
  canvas: u32,
  canvasRow: u32,
  /// Rows and elements of a row of an image.
  imageRows: u32,
  imageRow: u32,
  /// Rows of the canvas above the image, and elements to its left.
  top: u32,
  left: u32,
  scale: f32,
  offset: f32,
  /// A pixel value, normalized like the others.
  border: f32,
  /// 4^halfBits >= N.
  halfBits: u32,
  noLabel: i32,
}

/// Lanes of one invocation.
const CHUNK = 4u;

@group(0) @binding(0) var<storage, read> images: array<u32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> x: array<Lane>;
@group(0) @binding(4) var<storage, read_write> y: array<i32>;
@group(0) @binding(5) var<uniform> params: Params;

/// Byte i of four to a word, the lowest first.
fn byteOf(word: u32, i: u32) -> u32 {
  return (word >> (8u * (i & 3u))) & 0xffu;
}

/// Values from an element of a row of the canvas of an example on.
fn canvasAt(example: u32, row: u32, element: u32) -> Lane {
  // Above or left of the image these wrap to huge numbers.
  let imageRow = row - params.top;
  let column = element - params.left;
  let first = ((params.start + example) * params.imageRows + imageRow) * params.imageRow + column;
  let shift = 8u * (first & 3u);
  var bytes = images[first >> 2u] >> shift;
  if (LANES > 1u) {
    // The bytes lie in two words, unless they start with one.
    bytes |= select(images[(first + 3u) >> 2u] << (32u - shift), 0u, shift == 0u);
  }
  let inside = (example < params.examples) & (imageRow < params.imageRows);
  let columns = column + vec4u(0u, 1u, 2u, 3u);
  let pixels = vec4f((vec4u(bytes) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(0xffu));
  let values = select(vec4f(params.border), pixels, vec4<bool>(inside) & (columns < vec4u(params.imageRow)));
  let normalized = values * params.scale + params.offset;
  return laneOf(normalized.x, normalized.y, normalized.z, normalized.w);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  let b = index / params.chunks;
  if (b >= params.batch) { return; }
  let example = exampleOf(b, params.examples, params.halfBits);
  let begin = (index - b * params.chunks) * CHUNK;
  var row = begin * LANES / params.canvasRow;
  var element = begin * LANES - row * params.canvasRow;
  // unroll
  for (var i = 0u; i < CHUNK; i++) {
    if (begin + i < params.canvas) { x[b * params.canvas + begin + i] = canvasAt(example, row, element); }
    element += LANES;
    if (element == params.canvasRow) {
      element = 0u;
      row++;
    }
  }
  if (begin > 0u) { return; }
  if (example < params.examples) {
    let label = params.start + example;
    y[b] = i32(byteOf(labels[label >> 2u], label));
  } else {
    y[b] = params.noLabel;
  }
}
