// Part of augment/crops for a weight map, [N, H, W]: each pixel of y gets its weight from where its label comes from. A
// blank pixel gets 0.

@group(0) @binding(6) var<storage, read> weights: array<f32>;
@group(0) @binding(7) var<storage, read_write> weight: array<f32>;

/// Pixel `at` of the masks of the batch comes from pixel `pick` of the data set.
fn storeWeight(at: u32, pick: u32, blank: bool) {
  weight[at] = select(weights[pick], 0.0, blank);
}
