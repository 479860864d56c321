// uses: lib/grid, concat/pair
// The gradient of concat/join: two neighbouring parts of one width of the rows of x, each into a tensor of its own.
@group(0) @binding(0) var<storage, read> x: array<Word>;
@group(0) @binding(1) var<storage, read_write> a: array<Word>;
@group(0) @binding(2) var<storage, read_write> b: array<Word>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {
  var destination = workgroupIndex(id, grid) * 256u + local;
  if (destination >= params.count) { return; }
  let width = params.width;
  let row = destination / width;
  var source = row * (params.line - width) + destination + params.offset;
  let left = params.outer - row;
  let fromStep = params.runs * params.line;
  var first: array<Word, ROWS>;
  var second: array<Word, ROWS>;
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    first[i] = x[source];
    second[i] = x[source + width];
    source += select(0u, fromStep, (i + 1u) * params.runs < left);
  }
  // unroll
  for (var i = 0u; i < ROWS; i++) {
    a[destination] = first[i];
    b[destination] = second[i];
    destination += select(0u, params.count, (i + 1u) * params.runs < left);
  }
}
