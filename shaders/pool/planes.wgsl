// The images that a pooling or upsampling kernel reads and writes, NHWC, and how an invocation finds its pixel.
struct Planes {
  /// Invocations that have work.
  count: u32,
  /// Elements of one pixel: lanes, or blocks of lanes.
  channels: u32,
  /// Sides of x; in unpooling, of y.
  height: u32,
  width: u32,
  /// Sides of y; in unpooling, of x.
  outHeight: u32,
  outWidth: u32,
}
@group(0) @binding(8) var<uniform> planes: Planes;

struct Pixel {
  image: u32,
  row: u32,
  column: u32,
  /// Element within the pixel.
  channel: u32,
}

/// The pixel of element `index` in images of `height` x `width`. Remainders by product: a division is dear on a CPU.
fn pixelAt(index: u32, height: u32, width: u32) -> Pixel {
  let pixel = index / planes.channels;
  let line = pixel / width;
  let image = line / height;
  return Pixel(image, line - image * height, pixel - line * width, index - pixel * planes.channels);
}
