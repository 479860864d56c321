import { FormatError } from "../core/errors.ts";
import { type DType, type Shape, showShape, sizeOf } from "../core/types.ts";
import { ByteReader, type FileSource } from "./byteReader.ts";
import { parseHeader, type TensorEntry } from "./safetensorsHeader.ts";
import { widenBf16, widenF16 } from "./widen.ts";

/**
 * Safetensors: 8 bytes of header length (u64, little-endian), a header in JSON, then the tensors' bytes, row-major and
 * little-endian, without gaps. Source: https://github.com/huggingface/safetensors#format.
 */
export interface NamedTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Row-major. */
  readonly data: TensorData;
}

/** The elements of a tensor: f32, i32, u32 or u8. */
export type TensorData = Float32Array | Int32Array | Uint32Array | Uint8Array;
/** Texts of the writer's own. */
export type Metadata = Readonly<Record<string, string>>;

/** An opened file: what it holds, and its tensors one by one. */
export interface SafetensorsFile {
  readonly metadata: Metadata;
  /** By position in the file. */
  readonly entries: readonly TensorEntry[];
  /** Reads on from where the file stands: one pass, one tensor in memory at a time. @throws FormatError */
  tensors(): AsyncGenerator<NamedTensor, void, undefined>;
}

const formats = {
  f32: { name: "F32", array: Float32Array },
  i32: { name: "I32", array: Int32Array },
  u32: { name: "U32", array: Uint32Array },
  u8: { name: "U8", array: Uint8Array },
} as const;

/**
 * Yields a safetensors file in chunks: the header, then each tensor's own bytes, not copied. Tensors of 4-byte elements
 * come first, so that every one of them lies at a multiple of 4, as the format's own writer arranges it.
 * @throws FormatError on a duplicate name or on data that does not fit the shape
 * @example
 * const tensor = { name: "mean", shape: [2], dtype: "f32", data: Float32Array.of(0.5, 0.25) } as const;
 * const file = new Blob([...encodeSafetensors([tensor], { made: "by hand" })]);
 */
export function* encodeSafetensors(
  tensors: Iterable<NamedTensor>,
  metadata: Metadata = {},
): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const given = [...tensors];
  const ordered = [...given.filter(({ dtype }) => dtype !== "u8"), ...given.filter(({ dtype }) => dtype === "u8")];
  const seen = new Set<string>();
  const fields: string[] = [];
  if (Object.keys(metadata).length > 0) fields.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let begin = 0;
  for (const tensor of ordered) {
    wantEncodable(tensor, seen);
    const { name, shape, dtype, data } = tensor;
    const end = begin + data.byteLength;
    const entry = { dtype: formats[dtype].name, shape, data_offsets: [begin, end] };
    // Text rather than an object: a tensor may be called "__proto__".
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    begin = end;
  }
  yield encodeHeader(`{${fields.join(",")}}`);
  // WebGPU's hosts are little-endian, and so is the format: the bytes are written as they lie.
  for (const { data } of ordered) yield new Uint8Array(wantPlain(data.buffer), data.byteOffset, data.byteLength);
}

/**
 * The whole file at once: for small models and tests.
 * @example
 * const bytes = encodeToBytes([{ name: "mean", shape: [2], dtype: "f32", data: Float32Array.of(0.5, 0.25) }]);
 */
export function encodeToBytes(tensors: Iterable<NamedTensor>, metadata: Metadata = {}): Uint8Array<ArrayBuffer> {
  const chunks = [...encodeSafetensors(tensors, metadata)];
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/**
 * Reads the header alone, so that names and shapes can be judged before any data.
 * @throws FormatError
 * @example
 * const { entries } = await openSafetensors(await saveWeights(model));
 * entries.map(({ name }) => name); // => ["conv1/kernel", "conv1/bias", "fc/kernel", "fc/bias"]
 */
export async function openSafetensors(source: FileSource): Promise<SafetensorsFile> {
  const reader = new ByteReader(source);
  try {
    const { metadata, entries } = await parseHeader(reader);
    return { metadata, entries, tensors: () => readTensors(reader, entries) };
  } catch (error) {
    await reader.cancel();
    throw error;
  }
}

/**
 * Reads tensor by tensor, from bytes or from a stream. F16 and BF16 are widened to f32; each tensor owns its buffer.
 * @throws FormatError that names the tensor and the byte, on anything that the format forbids
 * @example
 * for await (const { name, shape, data } of decodeSafetensors(await saveWeights(model))) console.log(name, shape, data);
 */
export async function* decodeSafetensors(source: FileSource): AsyncGenerator<NamedTensor, void, undefined> {
  yield* (await openSafetensors(source)).tensors();
}

async function* readTensors(
  reader: ByteReader,
  entries: readonly TensorEntry[],
): AsyncGenerator<NamedTensor, void, undefined> {
  try {
    for (const { name, shape, format, bytes } of entries) {
      const raw = await reader.read(bytes, `tensor "${name}"`);
      yield { name, shape, ...decodeElements(format, raw) };
    }
    const position = reader.position;
    if (!(await reader.atEnd())) {
      throw new FormatError({
        where: "safetensors",
        seen: `more bytes after the last tensor, from byte ${position} on`,
        wanted: "a file that ends with its last tensor",
        mend: "The header does not describe the whole file: save it again.",
      });
    }
  } finally {
    await reader.cancel();
  }
}

function decodeElements(
  format: TensorEntry["format"],
  raw: Uint8Array<ArrayBuffer>,
): Pick<NamedTensor, "dtype" | "data"> {
  switch (format) {
    case "F32":
      return { dtype: "f32", data: new Float32Array(raw.buffer) };
    case "I32":
      return { dtype: "i32", data: new Int32Array(raw.buffer) };
    case "U32":
      return { dtype: "u32", data: new Uint32Array(raw.buffer) };
    case "U8":
      return { dtype: "u8", data: raw };
    case "F16":
      return { dtype: "f32", data: widenF16(new Uint16Array(raw.buffer)) };
    case "BF16":
      return { dtype: "f32", data: widenBf16(new Uint16Array(raw.buffer)) };
  }
}

function encodeHeader(json: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(json);
  const padded = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(text, 8);
  return bytes;
}

function wantEncodable({ name, shape, dtype, data }: NamedTensor, seen: Set<string>): void {
  const where = `tensor "${name}"`;
  if (name === "__metadata__" || seen.has(name)) {
    throw new FormatError({ where, seen: "a name that is taken", wanted: "names that differ", mend: "Rename it." });
  }
  seen.add(name);
  const whole = shape.every((side) => Number.isSafeInteger(side) && side >= 0);
  if (!whole || !(data instanceof formats[dtype].array) || data.length !== sizeOf(shape)) {
    throw new FormatError({
      where,
      seen: `${data.constructor.name} of ${data.length} elements for ${dtype}${showShape(shape)}`,
      wanted: `${formats[dtype].array.name} of ${sizeOf(shape)} elements`,
    });
  }
}

function wantPlain(buffer: ArrayBufferLike): ArrayBuffer {
  if (buffer instanceof ArrayBuffer) return buffer;
  throw new FormatError({
    where: "safetensors",
    seen: "shared memory",
    wanted: "a plain ArrayBuffer",
    mend: "Copy it.",
  });
}
