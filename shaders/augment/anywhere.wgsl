// Part of augment/crops for crops from anywhere: every image once, in an order of its own, before any comes again, and any
// place in it.

fn drawPlace(position: u32, bits: vec2u) -> Place {
  let round = position / params.examples;
  let turn = position - round * params.examples;
  let example = permuted(turn, params.examples, params.halfBits, cursor.seed + round * 0x9e3779b9u, cursor.epoch);
  return Place(example, randomPlace(bits.x, params.height), randomPlace(bits.y, params.width));
}

/// A random place on an axis, or the middle one where the mask is longer than the axis.
fn randomPlace(bits: u32, side: i32) -> i32 {
  let free = side - i32(params.maskSize);
  if (free < 0) { return free >> 1u; }
  return i32(below(bits, u32(free) + 1u));
}
