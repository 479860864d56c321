// The smallest: what strided.wgsl and row.wgsl combine values by, and the value that changes nothing.
const NEUTRAL = 3.4028234663852886e38;

fn combine(a: Lane, b: Lane) -> Lane {
  return min(a, b);
}

fn combineVectors(a: vec4f, b: vec4f) -> vec4f {
  return min(a, b);
}
