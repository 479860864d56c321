import { FormatError } from "../core/errors.ts";

/** Whether the bytes begin with gzip's magic number, 1f 8b (RFC 1952, section 2.3.1). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Inflates a whole gzip file with the platform's own DecompressionStream.
 * @param name the file, for the message
 * @throws FormatError when the stream is truncated or its checksum is wrong
 */
export async function gunzip(bytes: Uint8Array, name = "gzip data"): Promise<Uint8Array<ArrayBuffer>> {
  const inflate = new DecompressionStream("gzip");
  const writer = inflate.writable.getWriter();
  const feed = async () => {
    // The stream wants a view of a plain ArrayBuffer; a copy is made only of shared memory.
    await writer.write(bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice());
    await writer.close();
  };
  try {
    const [inflated] = await Promise.all([new Response(inflate.readable).arrayBuffer(), feed()]);
    return new Uint8Array(inflated);
  } catch (cause) {
    throw new FormatError(
      {
        where: name,
        seen: `${bytes.length} bytes that do not inflate`,
        wanted: "one whole gzip stream with a matching checksum",
        mend: "The file is damaged or cut short: fetch it again.",
      },
      { cause },
    );
  }
}
