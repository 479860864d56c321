import { GraphError } from "../core/errors.ts";
import { crc32c } from "./crc32c.ts";
import type { Logger, Scalar } from "./scalars.ts";

/**
 * A training's log as TensorBoard reads it: an event file, to be called `*.tfevents.*`. Records of `Event` messages
 * (tensorflow/core/util/event.proto), each as TFRecord frames them: u64 length, masked CRC-32C of it, the message,
 * masked CRC-32C of that; all little-endian.
 * @example
 * const log = new TensorBoardLog();
 * await model.fit(data, { loggers: [log] });
 * const file = new File([log.take()], "events.out.tfevents.1");
 */
export class TensorBoardLog implements Logger {
  #parts: Uint8Array<ArrayBuffer>[];

  /** `time` is that of its beginning, in seconds since 1970; default: now. */
  constructor(time = Date.now() / 1000) {
    // Field 3: what tells a reader that this is an event file.
    this.#parts = [record(join([double(1, time), text(3, "brain.Event:2")]))];
  }

  /** @throws GraphError on a step that is no whole number, or below 0 */
  scalar({ name, value, step, time }: Scalar): void {
    if (!Number.isSafeInteger(step) || step < 0) {
      throw new GraphError({ where: name, seen: `step ${step}`, wanted: "a whole number, 0 or more" });
    }
    // Event { 1 wall_time, 2 step, 5 summary }, Summary { 1 value }, Summary.Value { 1 tag, 2 simple_value }.
    const one = join([text(1, name), float(2, value)]);
    this.#parts.push(record(join([double(1, time), integer(2, step), message(5, message(1, one))])));
  }

  /** The bytes since the last call, in whole records: all of them at first. Appended to a file, they are what it lacks. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = join(this.#parts);
    this.#parts = [];
    return bytes;
  }
}

type Bytes = Uint8Array<ArrayBuffer>;

function record(data: Bytes): Bytes {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(data.length), true);
  return join([length, masked(length), data, masked(data)]);
}

/** A checksum of data that hold checksums is weak, so it is turned and moved: tensorflow/core/lib/hash/crc32c.h. */
function masked(bytes: Bytes): Bytes {
  const crc = crc32c(bytes);
  const sum = new Uint8Array(4);
  new DataView(sum.buffer).setUint32(0, (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0, true);
  return sum;
}

/** Protocol buffers: a field is (number << 3 | wire type), then its value. */
const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

function key(field: number, type: keyof typeof wire): Bytes {
  return Uint8Array.of((field << 3) | wire[type]);
}

/** Seven bits a byte, the lowest first; all bytes but the last have the highest bit. */
function varint(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Uint8Array.of(...bytes, rest);
}

function integer(field: number, value: number): Bytes {
  return join([key(field, "varint"), varint(value)]);
}

function double(field: number, value: number): Bytes {
  return join([key(field, "fixed64"), new Uint8Array(Float64Array.of(value).buffer)]);
}

function float(field: number, value: number): Bytes {
  return join([key(field, "fixed32"), new Uint8Array(Float32Array.of(value).buffer)]);
}

function message(field: number, data: Bytes): Bytes {
  return join([key(field, "bytes"), varint(data.length), data]);
}

function text(field: number, value: string): Bytes {
  return message(field, new TextEncoder().encode(value));
}

function join(parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
