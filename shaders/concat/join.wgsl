// uses: lib/grid, concat/pair
// Concat of two tensors of one width: each invocation loads words of both before it stores any. A workgroup is 256 neighbours
// along the width, then on. Words are moved as bits.
@group(0) @binding(0) var<storage, read> a: array<Word>;
@group(0) @binding(1) var<storage, read> b: array<Word>;
@group(0) @binding(2) var<storage, read_write> y: array<Word>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  var source = workgroupIndex(id, grid) * 256u + local;
  if (source >= params.count) { return; }
  let width = params.width;
  let row = source / width;
  var destination = row * (params.line - width) + source + params.offset;
  let left = params.outer - row;
  let toStep = params.runs * params.line;
  var first: array<Word, ROWS>;
  var second: array<Word, ROWS>;
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    first[i] = a[source];
    second[i] = b[source];
    source += select(0u, params.count, (i + 1u) * params.runs < left);
  }
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    y[destination] = first[i];
    y[destination + width] = second[i];
    destination += select(0u, toStep, (i + 1u) * params.runs < left);
  }
}
