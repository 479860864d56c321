// The sum: what strided.wgsl and row.wgsl combine values by, and the value that changes nothing.
const NEUTRAL = 0.0;

fn combine(a: Lane, b: Lane) -> Lane {
  return a + b;
}

fn combineVectors(a: vec4f, b: vec4f) -> vec4f {
  return a + b;
}
