/** Builds an IDX file of unsigned bytes with the sides given, whatever the data's length. */
export function idxFile(shape: readonly number[], data: ArrayLike<number>, type = 0x08): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, type, shape.length]);
  shape.forEach((side, axis) => {
    view.setUint32(4 + 4 * axis, side);
  });
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}
