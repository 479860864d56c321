// Linear interpolation along one axis: output `o` lies at max(0, o * step + shift) / per in the input.
struct Line {
  count: u32,
  /// Sides of the axis before and after.
  size: i32,
  out: i32,
  /// Lanes from one position on the axis to the next.
  inner: u32,
  step: i32,
  shift: i32,
  per: i32,
}
@group(0) @binding(8) var<uniform> line: Line;

struct Between {
  low: i32,
  high: i32,
  /// Weight of `high`; that of `low` is the rest.
  weight: f32,
}

/// The two neighbours of output `o`; at the end of the axis they are one.
fn between(o: i32) -> Between {
  let position = max(0, o * line.step + line.shift);
  let low = min(position / line.per, line.size - 1);
  return Between(low, min(low + 1, line.size - 1), f32(position % line.per) / f32(line.per));
}
