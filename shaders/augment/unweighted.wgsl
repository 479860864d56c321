// Part of augment/crops for masks whose pixels all weigh the same.

fn storeWeight(at: u32, pick: u32, blank: bool) {}
