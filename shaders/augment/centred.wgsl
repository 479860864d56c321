// Part of augment/crops for crops about listed pixels, [K]: indices into the masks, [N, H, W]. One of the list is drawn,
// and lies anywhere in the mask of its crop, as far as that stays within the image.

struct Centred {
  /// K, 1 to 65,536.
  count: u32,
}

@group(0) @binding(9) var<storage, read> centres: array<u32>;
@group(0) @binding(10) var<uniform> centred: Centred;

fn drawPlace(position: u32, bits: vec2u) -> Place {
  let pixel = centres[below(bits.x, centred.count)];
  let row = pixel / u32(params.width);
  let column = pixel - row * u32(params.width);
  let image = row / u32(params.height);
  let top = placeAbout(bits.y, i32(row - image * u32(params.height)), params.height);
  // An image that takes no part is beyond the last: its crops are blank.
  return Place(image - params.start, top, placeAbout(bits.y << 16u, i32(column), params.width));
}

/// Where a mask that holds pixel `at` of an axis begins, or the middle place where the mask is longer than the axis.
fn placeAbout(bits: u32, at: i32, side: i32) -> i32 {
  let free = side - i32(params.maskSize);
  if (free < 0) { return free >> 1u; }
  return clamp(at - i32(below(bits, params.maskSize)), 0, free);
}
