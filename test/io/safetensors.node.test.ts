import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/core/errors.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  encodeToBytes,
  type NamedTensor,
  openSafetensors,
} from "../../src/io/safetensors.ts";

const tensors: NamedTensor[] = [
  { name: "bytes", shape: [3], dtype: "u8", data: Uint8Array.of(1, 2, 255) },
  { name: "conv1/kernel", shape: [2, 3], dtype: "f32", data: Float32Array.of(1, -2, 0.1, Infinity, NaN, -0) },
  { name: "step", shape: [], dtype: "u32", data: Uint32Array.of(4_000_000_000) },
  { name: "empty", shape: [0, 5], dtype: "i32", data: new Int32Array(0) },
  { name: "__proto__", shape: [1], dtype: "i32", data: Int32Array.of(-7) },
  { name: 'schräg "quoted" \n 数', shape: [1], dtype: "f32", data: Float32Array.of(3) },
];

async function all(source: Uint8Array | ReadableStream<Uint8Array>): Promise<NamedTensor[]> {
  const found: NamedTensor[] = [];
  for await (const tensor of decodeSafetensors(source)) found.push(tensor);
  return found;
}

/** A stream that gives `bytes` in pieces, with an empty one now and then, and counts what was taken. */
function streamOf(bytes: Uint8Array, pieceBytes: number) {
  const state = { taken: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state.taken >= bytes.length) return controller.close();
        if (state.taken % 3 === 0) controller.enqueue(new Uint8Array(0));
        controller.enqueue(bytes.subarray(state.taken, state.taken + pieceBytes));
        state.taken += pieceBytes;
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, state };
}

/** A file with the header given as text, or as anything that JSON can say, and `dataBytes` zeros. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const entry = (begin: number, end: number, shape = [(end - begin) / 4], dtype = "F32") => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe("encodeSafetensors", () => {
  test("writes the format, byte for byte", () => {
    const bytes = encodeToBytes([{ name: "a", shape: [1], dtype: "f32", data: Float32Array.of(1) }], { by: "us" });
    const json = '{"__metadata__":{"by":"us"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const padded = json.padEnd(Math.ceil(json.length / 8) * 8, " ");
    expect([...bytes.subarray(0, 8)]).toEqual([padded.length, 0, 0, 0, 0, 0, 0, 0]);
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + padded.length))).toBe(padded);
    expect([...bytes.subarray(8 + padded.length)]).toEqual([0, 0, 0x80, 0x3f]);
  });

  test("yields each tensor's own memory, not a copy", () => {
    const whole = Float32Array.of(1, 2, 3, 4);
    const [, chunk] = [...encodeSafetensors([{ name: "a", shape: [2], dtype: "f32", data: whole.subarray(1, 3) }])];
    expect(chunk?.buffer).toBe(whole.buffer);
    expect([chunk?.byteOffset, chunk?.byteLength]).toEqual([4, 8]);
  });

  test("aligns 4-byte elements although bytes were given first", async () => {
    const { entries } = await openSafetensors(encodeToBytes(tensors));
    for (const { format, begin } of entries) if (format !== "U8") expect(begin % 4).toBe(0);
  });

  test.each<[string, NamedTensor[], RegExp]>([
    ["a name given twice", [...tensors, ...tensors.slice(0, 1)], /tensor "bytes": a name that is taken/],
    ["the metadata's name", [{ name: "__metadata__", shape: [0], dtype: "u8", data: new Uint8Array(0) }], /taken/],
    [
      "too little data",
      [{ name: "w", shape: [3], dtype: "f32", data: new Float32Array(2) }],
      /tensor "w": .*2 elements/,
    ],
    ["data of another type", [{ name: "w", shape: [2], dtype: "f32", data: new Int32Array(2) }], /Int32Array/],
    ["a broken shape", [{ name: "w", shape: [-1, -2], dtype: "f32", data: new Float32Array(2) }], /f32\[-1, -2\]/],
  ])("refuses %s", (_, given, message) => {
    expect(() => encodeToBytes(given)).toThrow(FormatError);
    expect(() => encodeToBytes(given)).toThrow(message);
  });
});

describe("decodeSafetensors", () => {
  const bytes = encodeToBytes(tensors, { model: "lenet5" });
  const byName = (list: NamedTensor[]) => new Map(list.map((tensor) => [tensor.name, tensor]));

  test("inverts encoding", async () => {
    expect(byName(await all(bytes))).toEqual(byName(tensors));
    expect((await openSafetensors(bytes)).metadata).toEqual({ model: "lenet5" });
  });

  test.each([1, 7, 64, 100_000])("reads a stream in pieces of %i bytes", async (pieceBytes) => {
    expect(byName(await all(streamOf(bytes, pieceBytes).stream))).toEqual(byName(tensors));
  });

  test("reads no further than it must, and lets the stream go", async () => {
    const big = Array.from({ length: 8 }, (_, i) => {
      return { name: `t${i}`, shape: [1000], dtype: "f32", data: new Float32Array(1000).fill(i) } as const;
    });
    const { stream, state } = streamOf(encodeToBytes(big), 512);
    for await (const { name, data } of decodeSafetensors(stream)) {
      expect([name, data[999]]).toEqual(["t0", 0]);
      break;
    }
    expect(state.taken).toBeLessThan(4000 + 1024 + 1024);
    expect(state.cancelled).toBe(true);
  });

  test("lets the stream go when the header is wrong", async () => {
    const { stream, state } = streamOf(new Uint8Array(100).fill(255), 50);
    await expect(all(stream)).rejects.toThrow(FormatError);
    expect(state.cancelled).toBe(true);
  });

  test("reads a file without tensors, and one that is not aligned", async () => {
    expect(await all(encodeToBytes([]))).toEqual([]);
    const [odd] = await all(fileOf(`{"a":${JSON.stringify(entry(0, 4))}} `, 4));
    expect(odd).toEqual({ name: "a", shape: [1], dtype: "f32", data: Float32Array.of(0) });
  });

  test("widens F16 and BF16", async () => {
    const halves = [0x3c00, 0xc000, 0x0001, 0x03ff, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x8000];
    const brains = [0x3f80, 0xc000, 0x7f80, 0x0001];
    const file = fileOf({ h: entry(0, 18, [9], "F16"), b: entry(18, 26, [4], "BF16") }, 26);
    new Uint8Array(file.buffer, file.length - 26).set(new Uint8Array(Uint16Array.from([...halves, ...brains]).buffer));
    const [h, b] = await all(file);
    expect([...(h?.data ?? [])]).toEqual([1, -2, 2 ** -24, 1023 * 2 ** -24, 65504, Infinity, -Infinity, NaN, -0]);
    expect([...(b?.data ?? [])]).toEqual([1, -2, Infinity, 2 ** -133]);
    expect([h?.dtype, b?.dtype]).toEqual(["f32", "f32"]);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["an empty file", new Uint8Array(0), /end of the file at byte 0; wanted bytes 0 to 8/],
    ["a header beyond the file", fileOf("{}", 0).with(0, 99), /99 in bytes 0 to 8; wanted 2 to 2/],
    ["an absurd header length", new Uint8Array(64).fill(255), /18446744073709551615 in bytes 0 to 8/],
    ["a header that is not JSON", fileOf("{nope}", 0), /not JSON/],
    ["a header that is not UTF-8", fileOf("{}  ", 0).with(10, 0xff), /not JSON/],
    ["a list", fileOf("[1,2]", 0), /\[1,2\]; wanted a JSON object/],
    ["a header that begins with a space", fileOf(" {}", 0), /wanted a JSON object/],
    [
      "a duplicate name",
      fileOf(`{"a":${JSON.stringify(entry(0, 4))},"\\u0061":${JSON.stringify(entry(0, 4))}}`, 4),
      /"a" twice/,
    ],
    [
      "a duplicate field",
      fileOf('{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}', 4),
      /"shape" twice/,
    ],
    ["metadata that is not text", fileOf({ __metadata__: { a: 1 } }, 0), /__metadata__: .*strings/],
    ["an unknown dtype", fileOf({ a: entry(0, 8, [1], "F64") }, 8), /tensor "a": dtype "F64"; wanted one of F32/],
    ["a dtype of Object's", fileOf({ a: entry(0, 8, [1], "toString") }, 8), /tensor "a": dtype "toString"/],
    ["an entry that is no object", fileOf({ a: 3 }, 0), /tensor "a": dtype undefined/],
    ["a negative side", fileOf({ a: entry(0, 8, [-1, -2]) }, 8), /tensor "a": shape \[-1,-2\]/],
    ["a broken side", fileOf({ a: entry(0, 4, [0.5, 2]) }, 4), /shape \[0\.5,2\]/],
    ["no offsets", fileOf({ a: { dtype: "F32", shape: [1] } }, 4), /tensor "a": data_offsets undefined/],
    ["offsets in reverse", fileOf({ a: entry(4, 0, [1]) }, 4), /data_offsets \[4,0\]/],
    [
      "too few bytes for the shape",
      fileOf({ a: entry(0, 8, [3]) }, 8),
      /tensor "a": 8 bytes.*wanted 12 bytes for F32\[3\]/,
    ],
    ["a shape whose product overflows", fileOf({ a: entry(0, 0, [2 ** 40, 2 ** 40]) }, 0), /tensor "a": 0 bytes/],
    ["an overlap", fileOf({ a: entry(0, 8), b: entry(4, 12) }, 12), /tensor "b": data that begins at byte 4, inside/],
    ["a hole", fileOf({ a: entry(0, 4), b: entry(8, 12) }, 12), /tensor "b": data that begins at byte 8, after a hole/],
    ["a hole in front", fileOf({ a: entry(4, 8) }, 8), /tensor "a": data that begins at byte 4, after a hole/],
    ["data cut short", fileOf({ a: entry(0, 8) }, 7), /tensor "a": 7 bytes of data.*wanted 8 bytes.*cut short/],
    ["data too long", fileOf({ a: entry(0, 8) }, 9), /tensor "a": 9 bytes of data.*wanted 8 bytes/],
    ["data without tensors", fileOf({}, 3), /safetensors: 3 bytes of data/],
  ])("refuses %s", async (_, file, message) => {
    await expect(all(file)).rejects.toBeInstanceOf(FormatError);
    await expect(all(file)).rejects.toThrow(message);
  });

  test("a stream that ends early or late is refused at the byte where it shows", async () => {
    const cut = streamOf(bytes.subarray(0, -2), 16).stream;
    await expect(all(cut)).rejects.toThrow(/tensor "bytes": the end of the file at byte \d+; wanted bytes \d+ to \d+/);
    const long = new Uint8Array(bytes.length + 1);
    long.set(bytes);
    await expect(all(streamOf(long, 16).stream)).rejects.toThrow(`from byte ${bytes.length} on`);
  });

  test("a stream that promises terabytes costs no memory", async () => {
    const file = fileOf({ a: entry(0, 2 ** 42) }, 16);
    await expect(all(streamOf(file, 16).stream)).rejects.toThrow(/tensor "a": the end of the file/);
  });
});
