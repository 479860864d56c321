// Adam without AMSGrad: the second moment as it is.

fn peak(i: u32, v: vec4f) -> vec4f {
  return v;
}
