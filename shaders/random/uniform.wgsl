// Distribution for random/fill: uniform over the 2^24 odd numbers between -2^24 and 2^24; scale = limit / 2^24.
// Symmetric, and never 0 or a bound.

fn draw(element: u32) -> i32 {
  return i32((bitsOf(element, 0u).x >> 8u) * 2u + 1u) - 16777216;
}
