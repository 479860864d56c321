// Threefry-2x32 with 20 rounds, as lib/threefry, for four counters at a time.

struct Four {
  x: vec4u,
  y: vec4u,
}

fn fourRound(counter: Four, left: u32, right: u32) -> Four {
  let sum = counter.x + counter.y;
  return Four(sum, ((counter.y * left) | (counter.y >> vec4u(right))) ^ sum);
}

fn fourPlus(counter: Four, x: u32, y: u32) -> Four {
  return Four(counter.x + x, counter.y + y);
}

fn fourEven(counter: Four) -> Four {
  return fourRound(fourRound(fourRound(fourRound(counter, 1u << 13u, 19u), 1u << 15u, 17u), 1u << 26u, 6u), 1u << 6u, 26u);
}

fn fourOdd(counter: Four) -> Four {
  return fourRound(fourRound(fourRound(fourRound(counter, 1u << 17u, 15u), 1u << 29u, 3u), 1u << 16u, 16u), 1u << 24u, 8u);
}

/// 64 random bits, (x, y), for each of the counters (first, 0) to (first + 3, 0), under a key.
fn threefryFour(key: vec2u, first: u32) -> Four {
  let third = 0x1bd11bdau ^ key.x ^ key.y;
  var bits = fourEven(Four(first + key.x + vec4u(0u, 1u, 2u, 3u), vec4u(key.y)));
  bits = fourOdd(fourPlus(bits, key.y, third + 1u));
  bits = fourEven(fourPlus(bits, third, key.x + 2u));
  bits = fourOdd(fourPlus(bits, key.x, key.y + 3u));
  bits = fourEven(fourPlus(bits, key.y, third + 4u));
  return fourPlus(bits, third, key.x + 5u);
}
