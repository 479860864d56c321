// No weight and no bias, and so no gradients of them.

fn storeGradients(group: u32, dWeight: f32, dBias: f32) {
}
