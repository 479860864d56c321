import { FormatError } from "../core/errors.ts";

/** A file as it comes from a `fetch`, an `<input>` (a `File` is a `Blob`) or a save. */
export type FileSource = Uint8Array | ArrayBuffer | Blob | ReadableStream<Uint8Array>;

/**
 * Reads exact numbers of bytes from a file or a stream, in order, and knows where it is. What it holds at any time is one
 * answer and one chunk of the stream, so a file that promises more than it has costs no memory.
 */
export class ByteReader {
  readonly #next: () => Promise<Uint8Array | undefined>;
  readonly #cancel: () => Promise<void>;
  /** The file's length, where it is known beforehand. */
  readonly totalBytes: number | undefined;
  #rest: Uint8Array = new Uint8Array(0);
  #position = 0;

  constructor(source: FileSource) {
    if (source instanceof ArrayBuffer || source instanceof Uint8Array) {
      this.totalBytes = source.byteLength;
      let left: Uint8Array | undefined = source instanceof Uint8Array ? source : new Uint8Array(source);
      this.#next = async () => {
        const chunk = left;
        left = undefined;
        return chunk;
      };
      this.#cancel = async () => {};
    } else {
      const stream = source instanceof Blob ? source.stream() : source;
      if (typeof stream?.getReader !== "function") {
        throw new FormatError({
          seen: "a file that is none",
          wanted: "a Uint8Array, an ArrayBuffer, a Blob or a stream of bytes",
        });
      }
      const reader = stream.getReader();
      this.#next = async () => (await reader.read()).value;
      this.#cancel = () => reader.cancel();
    }
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#position;
  }

  /** The next `count` bytes, in a buffer of their own. @throws FormatError at the end of the file, which says what was read */
  async read(count: number, what: string): Promise<Uint8Array<ArrayBuffer>> {
    const pieces: Uint8Array[] = [];
    let missing = count;
    while (missing > 0) {
      if (this.#rest.length === 0 && !(await this.#refill())) {
        throw new FormatError({
          where: what,
          seen: `the end of the file at byte ${this.#position + count - missing}`,
          wanted: `bytes ${this.#position} to ${this.#position + count}`,
          mend: "The file is cut short: fetch or save it again.",
        });
      }
      const piece = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(piece.length);
      pieces.push(piece);
      missing -= piece.length;
    }
    const bytes = new Uint8Array(count);
    let offset = 0;
    for (const piece of pieces) {
      bytes.set(piece, offset);
      offset += piece.length;
    }
    this.#position += count;
    return bytes;
  }

  /** Whether nothing follows. */
  async atEnd(): Promise<boolean> {
    return this.#rest.length === 0 && !(await this.#refill());
  }

  /** Tells the stream that no more is wanted. */
  async cancel(): Promise<void> {
    await this.#cancel();
  }

  async #refill(): Promise<boolean> {
    for (;;) {
      const chunk = await this.#next();
      if (!chunk) return false;
      if (chunk.length > 0) {
        this.#rest = chunk;
        return true;
      }
    }
  }
}
