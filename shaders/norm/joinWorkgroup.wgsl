// The 64 invocations of a workgroup share a sum: a tree of fixed order. All of them get the total.
const WIDTH = 64u;
var<workgroup> parts: array<f32, WIDTH>;

fn joined(value: f32, local: u32) -> f32 {
  parts[local] = value;
  workgroupBarrier();
  for (var reach = WIDTH / 2u; reach > 0u; reach = reach / 2u) {
    if (local < reach) { parts[local] += parts[local + reach]; }
    workgroupBarrier();
  }
  let total = parts[0];
  workgroupBarrier();
  return total;
}
