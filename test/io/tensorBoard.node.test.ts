import { PbfReader } from "pbf";
import { describe, expect, test } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import { crc32c } from "../../src/io/crc32c.ts";
import { TensorBoardLog } from "../../src/io/tensorBoard.ts";

const ascii = (text: string) => new TextEncoder().encode(text);

describe("CRC-32C", () => {
  // RFC 3720, appendix B.4, and the usual check of a CRC.
  test.each([
    ["32 zeros", new Uint8Array(32), 0x8a9136aa],
    ["32 ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["0 to 31", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ["31 to 0", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ["123456789", ascii("123456789"), 0xe3069283],
    ["nothing", new Uint8Array(), 0],
  ])("of %s", (_, bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc);
  });
});

/** The messages of a file of records, each checked as TensorFlow's reader does. */
function recordsOf(file: Uint8Array<ArrayBuffer>): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const unmasked = (at: number) => {
    const turned = (view.getUint32(at, true) - 0xa282ead8) >>> 0;
    return ((turned >>> 17) | (turned << 15)) >>> 0;
  };
  const records: Uint8Array[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(view.getBigUint64(at, true));
    expect(unmasked(at + 8)).toBe(crc32c(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(unmasked(at + 12 + length)).toBe(crc32c(data));
    records.push(data);
    at += 16 + length;
  }
  return records;
}

interface Event {
  time: number;
  step?: number;
  version?: string;
  name?: string;
  value?: number;
}

/** An Event as a reader of protocol buffers sees it. */
function decode(data: Uint8Array): Event {
  return new PbfReader(data).readFields(
    (field, event: Event, pbf) => {
      if (field === 1) event.time = pbf.readDouble();
      else if (field === 2) event.step = pbf.readVarint();
      else if (field === 3) event.version = pbf.readString();
      else if (field === 5) {
        pbf.readMessage((inSummary, _, summary) => {
          expect(inSummary).toBe(1);
          summary.readMessage((inValue, __, value) => {
            if (inValue === 1) event.name = value.readString();
            else if (inValue === 2) event.value = value.readFloat();
            else throw new Error(`field ${inValue} of a value`);
          }, event);
        }, event);
      } else throw new Error(`field ${field} of an event`);
    },
    { time: Number.NaN } as Event,
  );
}

describe("a TensorBoard log", () => {
  test("begins as every event file does", () => {
    const file = new TensorBoardLog(1.5).take();
    // Length 24, its checksum, wall_time, file_version: the head of the files that TensorFlow writes.
    expect([...file.subarray(0, 13)]).toEqual([0x18, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22, 0x09]);
    expect(recordsOf(file).map(decode)).toEqual([{ time: 1.5, version: "brain.Event:2" }]);
  });

  test.each([
    ["a loss", { name: "loss/epoch", value: 0.25, step: 7, time: 1.7e9 + 0.125 }],
    ["the first step", { name: "x", value: -0, step: 0, time: 0 }],
    ["many steps", { name: "x", value: 2 ** -130, step: 2 ** 40 + 300, time: 1 }],
    ["a value that is none", { name: "x", value: Number.NaN, step: 127, time: 1 }],
    ["a loss that has overflown", { name: "x", value: Number.POSITIVE_INFINITY, step: 128, time: 1 }],
    ["a long name in another script", { name: "потери ☂".repeat(40), value: 1, step: 129, time: 1 }],
  ])("holds %s", (_, scalar) => {
    const log = new TensorBoardLog(1);
    log.scalar(scalar);
    expect(recordsOf(log.take()).map(decode)[1]).toEqual(scalar);
  });

  test("is taken piece by piece, each of whole records", () => {
    const [whole, parts] = [new TensorBoardLog(1), new TensorBoardLog(1)];
    const pieces: number[] = [];
    for (let step = 0; step < 5; step++) {
      const scalar = { name: "loss", value: 1 / step, step, time: step };
      whole.scalar(scalar);
      parts.scalar(scalar);
      const piece = parts.take();
      expect(recordsOf(piece)).toHaveLength(step === 0 ? 2 : 1);
      pieces.push(...piece);
    }
    expect(parts.take()).toHaveLength(0);
    expect(pieces).toEqual([...whole.take()]);
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 60])("has no step %d", (step) => {
    const log = new TensorBoardLog(1);
    expect(() => log.scalar({ name: "loss", value: 1, step, time: 1 })).toThrow(GraphError);
  });
});
