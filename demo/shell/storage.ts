/**
 * Bytes by name in the browser's own storage, which no other page sees: the origin's private file system, or IndexedDB
 * where a browser cannot write to that from a page. A write replaces the whole, or, where it fails, nothing.
 *
 * Every function rejects with the reason in words for a person: storage is denied, or full.
 */
interface Store {
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  read(name: string): Promise<Uint8Array<ArrayBuffer> | null>;
  remove(name: string): Promise<void>;
}

/** Keeps bytes under a name, in place of those before. */
export async function writeBytes(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  await inStore((store) => store.write(name, bytes));
}

/** The bytes of a name; null where there are none. */
export async function readBytes(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
  return inStore((store) => store.read(name));
}

/** Forgets a name; one that is not there is no error. */
export async function removeBytes(name: string): Promise<void> {
  await inStore((store) => store.remove(name));
}

async function inStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  try {
    return await work(await findStore());
  } catch (cause) {
    const isFull = cause instanceof DOMException && cause.name === "QuotaExceededError";
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new Error(isFull ? "the browser's storage is full" : `the browser denies this page its storage (${said})`, {
      cause,
    });
  }
}

async function findStore(): Promise<Store> {
  const writable = "FileSystemFileHandle" in globalThis && "createWritable" in FileSystemFileHandle.prototype;
  if (!writable || !navigator.storage?.getDirectory) return databaseStore();
  try {
    return fileStore(await navigator.storage.getDirectory());
  } catch {
    // Private windows of some browsers refuse their file system, and have a database.
    return databaseStore();
  }
}

function fileStore(folder: FileSystemDirectoryHandle): Store {
  return {
    async write(name, bytes) {
      // What is written goes to a swap file, which takes the file's place when it is closed.
      const file = await (await folder.getFileHandle(name, { create: true })).createWritable();
      try {
        await file.write(bytes);
        await file.close();
      } catch (cause) {
        await file.abort().catch(() => {});
        throw cause;
      }
    },
    async read(name) {
      const handle = await folder.getFileHandle(name).catch(missing);
      const bytes = handle && new Uint8Array(await (await handle.getFile()).arrayBuffer());
      // A file that was made and never closed is empty.
      return bytes?.length ? bytes : null;
    },
    async remove(name) {
      await folder.removeEntry(name).catch(missing);
    },
  };
}

/** Null for a file that is not there; rejects for everything else. */
function missing(cause: unknown): null {
  if (cause instanceof DOMException && cause.name === "NotFoundError") return null;
  throw cause;
}

const databaseName = "wgrad-page";
const table = "files";

let opened: Promise<IDBDatabase> | null = null;

function openDatabase(): Promise<IDBDatabase> {
  const opening = indexedDB.open(databaseName, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(table);
  return answer(opening);
}

async function databaseStore(): Promise<Store> {
  opened ??= openDatabase();
  const database = await opened;
  const files = (mode: IDBTransactionMode) => database.transaction(table, mode).objectStore(table);
  return {
    async write(name, bytes) {
      await answer(files("readwrite").put(bytes, name));
    },
    async read(name) {
      const bytes = await answer<unknown>(files("readonly").get(name));
      return bytes instanceof Uint8Array ? new Uint8Array(bytes) : null;
    },
    async remove(name) {
      await answer(files("readwrite").delete(name));
    },
  };
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}
