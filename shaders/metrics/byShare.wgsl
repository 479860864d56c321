// The loss is the mean of parts that are no rows, each of which has this share in it: 1 / how many there are, 0 where
// there are none. It weighs as many.

@group(0) @binding(12) var<storage, read> share: array<f32>;

fn weighed(losses: vec2f) -> vec2f {
  let parts = select(0.0, 1.0 / share[0], share[0] > 0.0);
  return parts * vec2f(loss[0], 1.0);
}
