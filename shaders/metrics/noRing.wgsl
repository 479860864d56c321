// Losses of single steps are not kept.

fn keepLoss() {
}
