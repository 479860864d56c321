import { afterEach, describe, expect, test } from "vitest";
import { keepFiles } from "../../demo/digits/loadSets.ts";
import { readBytes, removeBytes, writeBytes } from "../../demo/shell/storage.ts";
import { mnistFiles } from "../../src/data/idx.ts";

const { createWritable } = FileSystemFileHandle.prototype;
const { write } = FileSystemWritableFileStream.prototype;

afterEach(() => {
  FileSystemFileHandle.prototype.createWritable = createWritable;
  FileSystemWritableFileStream.prototype.write = write;
});

/** From the `count`-th on, every write is refused for want of room. */
function refuseWritesFrom(count: number): void {
  let writes = 0;
  FileSystemWritableFileStream.prototype.write = function (data) {
    writes++;
    return writes < count ? write.call(this, data) : Promise.reject(new DOMException("", "QuotaExceededError"));
  };
}

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

test("a write that breaks off leaves what was there; a file that was begun and never written is none", async () => {
  await writeBytes("storage-test", Uint8Array.of(1, 2));
  refuseWritesFrom(1);
  await expect(writeBytes("storage-test", Uint8Array.of(3))).rejects.toThrow("full");
  expect(await readBytes("storage-test")).toEqual(Uint8Array.of(1, 2));
  await removeBytes("storage-test");
  const folder = await navigator.storage.getDirectory();
  await folder.getFileHandle("storage-test", { create: true });
  expect(await readBytes("storage-test")).toBeNull();
  await removeBytes("storage-test");
});

test("of IDX files that have no room together none is kept, nor those before", async () => {
  const names = Object.values(mnistFiles).flatMap(({ images, labels }) => [images, labels]);
  const files = names.map((name) => new File([Uint8Array.of(1)], name));
  const kept = async () => {
    const bytes = await Promise.all(names.map((name) => readBytes(`digits-files-${name}`)));
    return bytes.filter((each) => each !== null).length;
  };
  await keepFiles(files);
  expect(await kept()).toBe(4);
  refuseWritesFrom(3);
  await expect(keepFiles(files)).rejects.toThrow("full");
  expect(await kept()).toBe(0);
});
