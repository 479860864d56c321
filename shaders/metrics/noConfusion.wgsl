// No confusion matrix.

fn countConfusion(i: u32) {
}
