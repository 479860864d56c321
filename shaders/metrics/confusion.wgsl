// Confusion matrix [C, C]: row = label, column = prediction. Sums of whole numbers are the same in any order.

@group(0) @binding(11) var<storage, read_write> confusion: array<atomic<u32>>;

fn countConfusion(i: u32) {
  atomicAdd(&confusion[i], 1u);
}
