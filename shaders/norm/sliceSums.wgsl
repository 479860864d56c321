// uses: norm/normalized
// Sums of dY and of dY (x - mean) over one slice, where dY is what the prologue makes of what is stored and of y. x and dY
// are laid out and sliced as in norm/sliceMoments, the table is that of norm/storeStatistics. Steps ascend, CHUNK of them
// before they join the others.

@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(2) var<storage, read> dY: array<Lane>;

const CHUNK = 4u;

struct Sums {
  sum: Lane,
  product: Lane,
}

/// Of the steps from `first` on, each `stride` after the one before, up to `end`.
fn sliceSums(first: u32, end: u32, stride: u32, item: u32, channel: u32) -> Sums {
  let high = tableAt(0u, item, channel);
  let scale = tableAt(3u, item, channel);
  let shift = tableAt(4u, item, channel);
  var at = first;
  var sum = Lane(0.0);
  var product = Lane(0.0);
  for (; at + (CHUNK - 1u) * stride < end; at += CHUNK * stride) {
    var partSum = Lane(0.0);
    var partProduct = Lane(0.0);
    // unroll
    for (var i = 0u; i < CHUNK; i++) {
      let value = x[at + i * stride];
      let gradient = prologue(dY[at + i * stride], normalized(value, high, scale, shift));
      partSum += gradient;
      partProduct += gradient * (value - high);
    }
    sum += partSum;
    product += partProduct;
  }
  for (; at < end; at += stride) {
    let value = x[at];
    let gradient = prologue(dY[at], normalized(value, high, scale, shift));
    sum += gradient;
    product += gradient * (value - high);
  }
  // The mean's low part is the same for all.
  return Sums(sum, product - tableAt(1u, item, channel) * sum);
}
