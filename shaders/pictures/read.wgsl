// uses: pictures/bilinear
// A picture becomes numbers: y[index, row, column, c] = pixel[c] * scale[c] + offset[c], pixel from 0 to 255.
// y: [.., height, width, channels], channels 1 (grey, colours weighed as Rec. 601 does) or 3 (red, green, blue).
// One invocation: one pixel of y. One workgroup: 8 x 8 of them.
struct Tensor {
  index: u32,
  height: u32,
  width: u32,
  channels: u32,
  left: u32,
  top: u32,
  /// Of the crop; 0 for the whole picture.
  cropWidth: u32,
  cropHeight: u32,
  /// Take the largest rectangle in the middle that has the sides' ratio of y.
  cover: u32,
  /// Begin with the last row.
  flipY: u32,
  isLinear: u32,
  scale0: f32,
  scale1: f32,
  scale2: f32,
  offset0: f32,
  offset1: f32,
  offset2: f32,
}
@group(0) @binding(1) var<uniform> tensor: Tensor;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

/// Stays inside a picture that is smaller than was said.
fn cropOf(sides: vec2u) -> Crop {
  let wanted = vec2u(tensor.width, tensor.height);
  if (tensor.cover != 0u) {
    // In whole numbers, rounded: the side that is too long is cut.
    let long = (sides.yx * wanted + wanted.yx / 2u) / wanted.yx;
    let cut = clamp(long, vec2u(1u), sides);
    return Crop((sides - cut) / 2u, cut);
  }
  if (tensor.cropWidth == 0u) { return Crop(vec2u(0u), sides); }
  let corner = min(vec2u(tensor.left, tensor.top), sides - 1u);
  return Crop(corner, min(vec2u(tensor.cropWidth, tensor.cropHeight), sides - corner));
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let sides = vec2u(tensor.width, tensor.height);
  if (any(id.xy >= sides)) { return; }
  let crop = cropOf(pictureSides());
  let row = select(id.y, sides.y - 1u - id.y, tensor.flipY != 0u);
  let at = (vec2f(f32(id.x), f32(row)) + 0.5) * vec2f(crop.sides) / vec2f(sides);
  let pixel = bilinear(crop, at, tensor.isLinear != 0u).rgb * 255.0;
  let to = ((tensor.index * sides.y + id.y) * sides.x + id.x) * tensor.channels;
  if (tensor.channels == 1u) {
    y[to] = dot(pixel, vec3f(0.299, 0.587, 0.114)) * tensor.scale0 + tensor.offset0;
    return;
  }
  y[to] = pixel.r * tensor.scale0 + tensor.offset0;
  y[to + 1u] = pixel.g * tensor.scale1 + tensor.offset1;
  y[to + 2u] = pixel.b * tensor.scale2 + tensor.offset2;
}
