// The gradient of a strided convolution by its input, in phases. Pixels whose coordinates leave the same remainders by
// the strides form a phase; they were used by the same taps of the filter, every strideY-th row and strideX-th column of
// it. A batch of the product is one phase of one group, a segment one of its taps: nothing is multiplied that the stride
// left out. Without phases (phasesY = phasesX = 1) every pixel tries every tap.

struct Phases {
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
@group(0) @binding(8) var<uniform> phases: Phases;

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

/// Taps of a phase, one row after the other: no turn goes to those of another.
fn segmentsOf(batch: u32) -> u32 {
  let taps = phaseTaps(batch);
  return taps.y * taps.x;
}

fn segmentAt(batch: u32, turn: u32) -> u32 {
  let tap = phaseTap(batch, turn);
  return tap.y * phases.kernelWidth + tap.x;
}

fn phaseTap(batch: u32, turn: u32) -> vec2u {
  let across = phaseTaps(batch).x;
  return firstTap(batch) + vec2u(turn % across * phases.phasesX, turn / across * phases.phasesY);
}

/// Columns and rows of taps of a phase.
fn phaseTaps(batch: u32) -> vec2u {
  let first = firstTap(batch);
  return (vec2u(phases.kernelWidth, phases.kernelHeight) + vec2u(phases.phasesX, phases.phasesY) - 1u - first) /
    vec2u(phases.phasesX, phases.phasesY);
}

fn firstTap(batch: u32) -> vec2u {
  let phase = batch % (phases.phasesY * phases.phasesX);
  return vec2u((phase % phases.phasesX + phases.padLeft) % phases.phasesX, (phase / phases.phasesX + phases.padTop) % phases.phasesY);
}
