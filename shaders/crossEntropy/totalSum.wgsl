// The sums of loss and weight over all rows, from those of the first stage, in order.

struct TotalParams {
  count: u32,
}

@group(0) @binding(9) var<storage, read> sums: array<vec2f>;
@group(0) @binding(10) var<uniform> totalParams: TotalParams;

fn totalSum() -> vec2f {
  var total = vec2f(0.0);
  for (var i = 0u; i < totalParams.count; i++) { total += sums[i]; }
  return total;
}
