// Threefry-2x32 with 20 rounds: a counter-based random number generator. Salmon, Moraes, Dror and Shaw 2011, "Parallel
// random numbers: as easy as 1, 2, 3". The same key and counter give the same 64 bits on every device.

/// Rotates to the left by a product, since a CPU has no shift of vectors by vectors; `left` is a power of two.
fn threefryRound(x: vec2u, left: u32, right: u32) -> vec2u {
  let sum = x.x + x.y;
  return vec2u(sum, ((x.y * left) | (x.y >> right)) ^ sum);
}

fn threefryEven(x: vec2u) -> vec2u {
  return threefryRound(threefryRound(threefryRound(threefryRound(x, 1u << 13u, 19u), 1u << 15u, 17u), 1u << 26u, 6u), 1u << 6u, 26u);
}

fn threefryOdd(x: vec2u) -> vec2u {
  return threefryRound(threefryRound(threefryRound(threefryRound(x, 1u << 17u, 15u), 1u << 29u, 3u), 1u << 16u, 16u), 1u << 24u, 8u);
}

/// 64 random bits for a counter, under a key. threefry((0, 0), (0, 0)) = (0x6b200159, 0x99ba4efe).
fn threefry(key: vec2u, counter: vec2u) -> vec2u {
  let third = 0x1bd11bdau ^ key.x ^ key.y;
  var x = threefryEven(counter + key);
  x = threefryOdd(x + vec2u(key.y, third + 1u));
  x = threefryEven(x + vec2u(third, key.x + 2u));
  x = threefryOdd(x + vec2u(key.x, key.y + 3u));
  x = threefryEven(x + vec2u(key.y, third + 4u));
  return x + vec2u(third, key.x + 5u);
}
