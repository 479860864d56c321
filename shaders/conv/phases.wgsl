// The gradient of a strided convolution by its input, in phases. Pixels whose coordinates leave the same remainders by
// the strides form a phase; they were used by the same taps of the filter, every strideY-th row and strideX-th column of
// it. A batch of the product is one phase of one group, a segment one of its taps: nothing is multiplied that the stride
// left out. Without phases (phasesY = phasesX = 1) every pixel tries every tap.

struct PhaseParams {
  phasesY: u32,
  phasesX: u32,
  /// Of the image of pixels.
  height: u32,
  width: u32,
  /// Rows and columns of one phase, rounded up.
  phaseHeight: u32,
  phaseWidth: u32,
  kernelHeight: u32,
  kernelWidth: u32,
  padTop: u32,
  padLeft: u32,
}
@group(0) @binding(8) var<uniform> phases: PhaseParams;

struct Pixel {
  image: u32,
  y: u32,
  x: u32,
}

/// Pixel m of a phase; past the end of a row or column the last one again.
fn phasePixel(m: u32, batch: u32) -> Pixel {
  let phase = batch % (phases.phasesY * phases.phasesX);
  let py = phase / phases.phasesX;
  let px = phase % phases.phasesX;
  let x = m % phases.phaseWidth;
  let y = m / phases.phaseWidth % phases.phaseHeight;
  let image = m / (phases.phaseWidth * phases.phaseHeight);
  return Pixel(
    image,
    min(y, (phases.height - 1u - py) / phases.phasesY) * phases.phasesY + py,
    min(x, (phases.width - 1u - px) / phases.phasesX) * phases.phasesX + px);
}

fn groupOf(batch: u32) -> u32 {
  return batch / (phases.phasesY * phases.phasesX);
}

/// The tap of a phase's turn; past the end of the filter, where A is zero, the last.
fn segmentAt(batch: u32, turn: u32) -> u32 {
  let tap = phaseTap(batch, turn);
  return min(tap.y * phases.kernelWidth + tap.x, phases.kernelHeight * phases.kernelWidth - 1u);
}

fn phaseTap(batch: u32, turn: u32) -> vec2u {
  let phase = batch % (phases.phasesY * phases.phasesX);
  let tapsX = (phases.kernelWidth + phases.phasesX - 1u) / phases.phasesX;
  return vec2u(
    (phase % phases.phasesX + phases.padLeft) % phases.phasesX + turn % tapsX * phases.phasesX,
    (phase / phases.phasesX + phases.padTop) % phases.phasesY + turn / tapsX * phases.phasesY);
}
