// Geometry for augment/crops with an elastic deformation, as in the U-Net paper (Ronneberger, Fischer, Brox 2015): random
// displacements on a coarse grid over the crop, and between them bicubic interpolation (Catmull-Rom: it goes through the
// grid's own displacements). The GRID x GRID nodes lie on the crop from edge to edge; one more ring lies outside. Each
// workgroup draws the nodes anew, one an invocation.

struct Elastic {
  /// Standard deviation of a displacement along each axis, in pixels.
  deviation: f32,
}

/// Nodes along each side, and with the ring outside.
const GRID = 3u;
const POINTS = 25u;

/// The sum of 4 bytes has mean 510 and this standard deviation, sqrt(4 * (256^2 - 1) / 12).
const BYTES_DEVIATION = 147.8016914;

@group(0) @binding(8) var<uniform> elastic: Elastic;

var<workgroup> nodes: array<vec2f, POINTS>;

/// About normal, of deviation 1: the sum of 4 random bytes. Never beyond 3.45.
fn normalOf(bits: u32) -> f32 {
  let pairs = (bits & 0x00ff00ffu) + ((bits >> 8u) & 0x00ff00ffu);
  return (f32((pairs & 0xffffu) + (pairs >> 16u)) - 510.0) / BYTES_DEVIATION;
}

/// Fills the nodes for the crop at a position; every invocation of the workgroup calls it.
fn prepare(position: u32, local: u32) {
  for (var i = local; i < POINTS; i += 64u) {
    let bits = bitsOf(position, 2u + i);
    nodes[i] = elastic.deviation * vec2f(normalOf(bits.x), normalOf(bits.y));
  }
  workgroupBarrier();
}

/// Weights of four neighbours at t from 0 to 1 between the inner two.
fn catmullRom(t: f32) -> vec4f {
  return 0.5 * vec4f(
    t * (t * (2.0 - t) - 1.0),
    t * t * (3.0 * t - 5.0) + 2.0,
    t * (t * (4.0 - 3.0 * t) + 1.0),
    t * t * (t - 1.0),
  );
}

/// Four neighbours in a row of nodes, weighed.
fn lineOf(first: u32, weights: vec4f) -> vec2f {
  return weights.x * nodes[first] + weights.y * nodes[first + 1u] + weights.z * nodes[first + 2u]
    + weights.w * nodes[first + 3u];
}

/// Displacement of a pixel of the crop, (rows, columns).
fn displacement(row: u32, column: u32) -> vec2f {
  if (cursor.shuffle == 0u) { return vec2f(0.0); }
  let spacing = f32(GRID - 1u) / f32(max(1u, params.size - 1u));
  let at = vec2f(f32(row), f32(column)) * spacing;
  let cell = min(vec2u(at), vec2u(GRID - 2u));
  let t = at - vec2f(cell);
  let across = catmullRom(t.y);
  let down = catmullRom(t.x);
  let first = cell.x * (GRID + 2u) + cell.y;
  return down.x * lineOf(first, across) + down.y * lineOf(first + GRID + 2u, across)
    + down.z * lineOf(first + 2u * (GRID + 2u), across) + down.w * lineOf(first + 3u * (GRID + 2u), across);
}

fn channelAt(example: u32, row: i32, column: i32, c: u32) -> f32 {
  let i = pixelIndex(example, row, column) * params.channels + c;
  return f32(byteOf(images[i >> 2u], i));
}

/// Channel c of an example at (row, column), bilinear between the four pixels around.
fn pixelAt(example: u32, source: vec2f, c: u32) -> f32 {
  let low = vec2i(floor(source));
  let t = source - vec2f(low);
  let above = between(channelAt(example, low.x, low.y, c), channelAt(example, low.x, low.y + 1, c), t.y);
  let beneath = between(channelAt(example, low.x + 1, low.y, c), channelAt(example, low.x + 1, low.y + 1, c), t.y);
  return between(above, beneath, t.x);
}

/// From a to b; the built-in `mix` is hidden by that of batch/permute.
fn between(a: f32, b: f32, t: f32) -> f32 {
  return a + t * (b - a);
}
