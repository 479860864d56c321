// AMSGrad (Reddi, Kale and Kumar 2018): the largest second moment so far.

@group(0) @binding(5) var<storage, read_write> peakMoment: array<vec4f>;

fn peak(i: u32, v: vec4f) -> vec4f {
  let largest = max(peakMoment[i], v);
  peakMoment[i] = largest;
  return largest;
}
