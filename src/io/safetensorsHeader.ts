import { FormatError } from "../core/errors.ts";
import { showShape, sizeOf } from "../core/types.ts";
import type { ByteReader } from "./byteReader.ts";
import { duplicateKey } from "./duplicateKey.ts";

/** Bytes per element of the element types that are read. */
const elementBytes = { F32: 4, I32: 4, U32: 4, U8: 1, F16: 2, BF16: 2 } as const;

/** The format's own limit, so that a foreign file's first 8 bytes do not ask for the moon. */
const maxHeaderBytes = 100_000_000;

/** What the header says of one tensor. */
export interface TensorEntry {
  readonly name: string;
  readonly shape: readonly number[];
  /** As the file has it; F16 and BF16 are read as f32. */
  readonly format: keyof typeof elementBytes;
  /** Offset from the first byte after the header. */
  readonly begin: number;
  /** Length in the file. */
  readonly bytes: number;
}

export interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes, without gaps or overlaps. */
  readonly entries: readonly TensorEntry[];
}

/** Reads and checks the header; the reader then stands at the first tensor's first byte. @throws FormatError */
export async function parseHeader(reader: ByteReader): Promise<Header> {
  const prefix = await reader.read(8, "safetensors: header length");
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  const most = Math.min(maxHeaderBytes, (reader.totalBytes ?? Infinity) - 8);
  if (length < 2n || length > BigInt(most)) {
    throw new FormatError({
      where: "safetensors: header length",
      seen: `${length} in bytes 0 to 8`,
      wanted: `2 to ${most}`,
      mend: "This is no safetensors file, or it is cut short.",
    });
  }
  const fields = parseJson(await reader.read(Number(length), "safetensors: header"));
  let metadata: Record<string, string> = {};
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (name === "__metadata__") metadata = parseMetadata(value);
    else entries.push(parseEntry(name, value));
  }
  entries.sort((a, b) => a.begin - b.begin || a.bytes - b.bytes);
  wantContiguous(entries, reader);
  return { metadata, entries };
}

function parseJson(bytes: Uint8Array): object {
  const where = "safetensors: header";
  const mend = "This is no safetensors file, or it is damaged.";
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    const seen = `text at bytes 8 to ${8 + bytes.length} that is not JSON (${cause instanceof Error ? cause.message : cause})`;
    throw new FormatError({ where, seen, wanted: "a JSON object in UTF-8", mend }, { cause });
  }
  // The format wants the brace to be the very first byte.
  if (!isObject(value) || !text.startsWith("{"))
    throw new FormatError({ where, seen: text.slice(0, 40), wanted: "a JSON object", mend });
  const twice = duplicateKey(text);
  if (twice !== undefined)
    throw new FormatError({ where, seen: `"${twice}" twice`, wanted: "names that differ", mend });
  return value;
}

function parseMetadata(value: unknown): Record<string, string> {
  if (isObject(value) && Object.values(value).every((text) => typeof text === "string")) {
    return { ...value } as Record<string, string>;
  }
  throw new FormatError({
    where: "safetensors: __metadata__",
    seen: JSON.stringify(value).slice(0, 80),
    wanted: "an object whose values are strings",
  });
}

function parseEntry(name: string, value: unknown): TensorEntry {
  const where = `tensor "${name}"`;
  const { dtype, shape, data_offsets: offsets } = (isObject(value) ? value : {}) as Record<string, unknown>;
  if (!isFormat(dtype)) {
    const wanted = `one of ${Object.keys(elementBytes).join(", ")}`;
    throw new FormatError({ where, seen: `dtype ${JSON.stringify(dtype)}`, wanted, mend: "Convert the tensor first." });
  }
  if (!isWholeNumbers(shape)) {
    throw new FormatError({ where, seen: `shape ${JSON.stringify(shape)}`, wanted: "whole numbers, 0 or more" });
  }
  const [begin, end] = isWholeNumbers(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || end < begin) {
    const seen = `data_offsets ${JSON.stringify(offsets)}`;
    throw new FormatError({ where, seen, wanted: "[begin, end], whole numbers, begin <= end" });
  }
  const wantedBytes = sizeOf(shape) * elementBytes[dtype];
  if (end - begin !== wantedBytes) {
    throw new FormatError({
      where,
      seen: `${end - begin} bytes, data_offsets [${begin}, ${end}]`,
      wanted: `${wantedBytes} bytes for ${dtype}${showShape(shape)}`,
    });
  }
  return { name, shape, format: dtype, begin, bytes: wantedBytes };
}

/** Every byte of the data belongs to one tensor, and the file, where its length is known, ends with the last. */
function wantContiguous(entries: readonly TensorEntry[], reader: ByteReader): void {
  let expected = 0;
  for (const { name, begin, bytes } of entries) {
    if (begin !== expected) {
      throw new FormatError({
        where: `tensor "${name}"`,
        seen: `data that begins at byte ${begin}, ${begin < expected ? "inside the tensor before it" : "after a hole"}`,
        wanted: `byte ${expected}, where the tensor before it ends`,
      });
    }
    expected += bytes;
  }
  const available = (reader.totalBytes ?? reader.position + expected) - reader.position;
  if (available !== expected) {
    const last = entries.at(-1)?.name;
    throw new FormatError({
      where: last === undefined ? "safetensors" : `tensor "${last}"`,
      seen: `${available} bytes of data, to byte ${reader.totalBytes} of the file`,
      wanted: `${expected} bytes, to byte ${reader.position + expected}, as the header says`,
      mend: available < expected ? "The file is cut short: fetch or save it again." : "Save the file again.",
    });
  }
}

function isFormat(value: unknown): value is keyof typeof elementBytes {
  return typeof value === "string" && Object.hasOwn(elementBytes, value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWholeNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
