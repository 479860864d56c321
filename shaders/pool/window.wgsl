// The window of a pooling kernel, and the windows that cover a pixel.
struct Window {
  kernelHeight: u32,
  kernelWidth: u32,
  strideHeight: u32,
  strideWidth: u32,
  dilationHeight: u32,
  dilationWidth: u32,
  top: u32,
  left: u32,
}
@group(0) @binding(9) var<uniform> window: Window;

/// First of the windows that reach `position`, counted from the start of the padding: those that start at most
/// `extent - 1` before it. The last one is the window `position / stride`.
fn firstWindow(position: u32, extent: u32, stride: u32) -> u32 {
  return select(0u, (position - extent) / stride + 1u, position >= extent);
}
