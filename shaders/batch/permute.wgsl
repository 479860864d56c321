// A shuffle that is computed, not stored: a permutation of the numbers 0 to count - 1, made anew from (seed, epoch).
//
// A Feistel network permutes the numbers of 2 * halfBits bits, whatever its round function is (Luby and Rackoff 1988);
// a number that falls outside is permuted again until it falls inside, which keeps it a permutation (Black and Rogaway
// 2002, cycle walking). The smallest such power of two is less than 4 count: less than 4 passes on average.

const ROUNDS = 6u;

/// The finalizer of MurmurHash3: every bit of x moves every bit of the result.
fn mix(x: u32) -> u32 {
  var h = x;
  h = (h ^ (h >> 16u)) * 0x85ebca6bu;
  h = (h ^ (h >> 13u)) * 0xc2b2ae35u;
  return h ^ (h >> 16u);
}

/// Where the number at `position` goes; position < count <= 4^halfBits.
fn permuted(position: u32, count: u32, halfBits: u32, seed: u32, epoch: u32) -> u32 {
  let key = mix(mix(seed + 0x9e3779b9u) + epoch);
  let mask = (1u << halfBits) - 1u;
  var at = position;
  loop {
    var left = at >> halfBits;
    var right = at & mask;
    for (var i = 0u; i < ROUNDS; i++) {
      let next = left ^ (mix(right + key + i * 0x9e3779b9u) & mask);
      left = right;
      right = next;
    }
    at = (left << halfBits) | right;
    if (at < count) { break; }
  }
  return at;
}
