// Threefry-2x32 with 20 rounds: a counter-based random number generator. Salmon, Moraes, Dror and Shaw 2011, "Parallel
// random numbers: as easy as 1, 2, 3". The same key and counter give the same 64 bits on every device.

fn threefryRound(x: vec2u, left: u32) -> vec2u {
  let sum = x.x + x.y;
  return vec2u(sum, ((x.y << left) | (x.y >> (32u - left))) ^ sum);
}

fn threefryEven(x: vec2u) -> vec2u {
  return threefryRound(threefryRound(threefryRound(threefryRound(x, 13u), 15u), 26u), 6u);
}

fn threefryOdd(x: vec2u) -> vec2u {
  return threefryRound(threefryRound(threefryRound(threefryRound(x, 17u), 29u), 16u), 24u);
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
