import { afterEach, describe, expect, test } from "vitest";
import { readBytes, removeBytes, writeBytes } from "../../demo/shell/storage.ts";

const { createWritable } = FileSystemFileHandle.prototype;

afterEach(() => {
  FileSystemFileHandle.prototype.createWritable = createWritable;
});

describe.each(["the private file system", "IndexedDB"])("bytes in %s", (kind) => {
  test("are kept, replaced and forgotten", async () => {
    if (kind === "IndexedDB") Reflect.deleteProperty(FileSystemFileHandle.prototype, "createWritable");
    const text = async () => new TextDecoder().decode((await readBytes("storage-test")) ?? undefined);
    expect(await readBytes("storage-test")).toBeNull();
    await writeBytes("storage-test", new TextEncoder().encode("a long first text"));
    await writeBytes("storage-test", new TextEncoder().encode("second"));
    expect(await text()).toBe("second");
    await removeBytes("storage-test");
    await removeBytes("storage-test");
    expect(await readBytes("storage-test")).toBeNull();
  });
});

test("what is refused says so in words for a person", async () => {
  FileSystemFileHandle.prototype.createWritable = () =>
    Promise.reject(new DOMException("Quota exceeded.", "QuotaExceededError"));
  const refused = writeBytes("storage-test", new Uint8Array(1));
  await expect(refused).rejects.toThrow(/^the browser's storage is full$/);
});
