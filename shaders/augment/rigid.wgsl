// Geometry for augment/crops without a deformation: every source is the middle of a pixel.

fn prepare(position: u32, local: u32) {}

fn displacement(row: u32, column: u32) -> vec2f {
  return vec2f(0.0);
}

/// Channel c of an example at (row, column), whole numbers.
fn pixelAt(example: u32, source: vec2f, c: u32) -> f32 {
  let nearest = vec2i(floor(source + 0.5));
  let i = pixelIndex(example, nearest.x, nearest.y) * params.channels + c;
  return f32(byteOf(images[i >> 2u], i));
}
