// uses: lib/threefry
// Random bits for an element in a step. The key of a step is drawn from the key of the stream, (seed, hash of its name),
// with the step as the counter; under it, (element, n) counts. Nothing is stored: the backward pass draws the same bits.

struct StreamKey {
  seed: u32,
  stream: u32,
}
@group(0) @binding(1) var<storage, read> step: array<u32>;
@group(0) @binding(4) var<uniform> streamKey: StreamKey;

fn keyOfStep() -> vec2u {
  return threefry(vec2u(streamKey.seed, streamKey.stream), vec2u(step[0], 0u));
}
