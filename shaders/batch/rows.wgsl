// uses: lib/grid, batch/cursor
//
// Takes B rows out of a part of a table, word by word: y[b, i] = table[start + example, i]. Row b is the example at position
// first + b of the epoch's order, counted from the start of the part; past the last example all words say that there is
// none. One invocation copies one word.

struct Params {
  /// First example of the part, and how many it has.
  start: u32,
  examples: u32,
  /// 4^halfBits >= examples.
  halfBits: u32,
  /// Words of a row, and of a batch.
  width: u32,
  size: u32,
  absent: u32,
}

@group(0) @binding(0) var<storage, read> table: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<u32>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = workgroupIndex(id, grid) * 64u + local;
  if (index >= params.size) { return; }
  let b = index / params.width;
  let example = exampleOf(b, params.examples, params.halfBits);
  var word = params.absent;
  if (example < params.examples) { word = table[(params.start + example - b) * params.width + index]; }
  y[index] = word;
}
