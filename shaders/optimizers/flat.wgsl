// What every optimizer shares: all parameters of a network and their gradients as two flat arrays. Tensors start at
// multiples of 256 bytes; the gaps between them hold zeros, and an update of zeros by zeros gives zeros. Linked with one
// file that clips gradients (clipNone, clipValue, clipNorm). One invocation updates 4 neighbours.

struct Params {
  /// Vectors of 4.
  count: u32,
}

@group(0) @binding(0) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(7) var<uniform> params: Params;
