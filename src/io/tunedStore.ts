import type { TunedChoices } from "../core/call.ts";
import { FormatError } from "../core/errors.ts";

/** Where measured choices of kernels are kept, a text for each adapter. */
export interface TunedStore {
  /** What was written for this adapter last, or null. */
  read(adapter: string): Promise<string | null>;
  /** Whether it is kept: a browser may refuse to. */
  write(adapter: string, text: string): Promise<boolean>;
}

const format = "wgrad tuned kernels 1";

/** Choices as a JSON text, sorted by key. */
export function encodeTuned(choices: TunedChoices): string {
  const sorted = [...choices].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify({ format, choices: Object.fromEntries(sorted) }, null, 2)}\n`;
}

/** @throws FormatError where the text is not what `encodeTuned` makes */
export function decodeTuned(text: string): Map<string, string> {
  const fail = (seen: string, cause?: unknown) =>
    new FormatError(
      {
        where: "tuned kernels",
        seen,
        wanted: `the JSON of "${format}"`,
        mend: "Delete what was kept; it is measured anew.",
      },
      { cause },
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw fail("a text that is no JSON", cause);
  }
  const { format: found, choices } = (value ?? {}) as { readonly format?: unknown; readonly choices?: unknown };
  if (found !== format) throw fail(`format ${JSON.stringify(found)}`);
  if (typeof choices !== "object" || choices === null || Array.isArray(choices)) throw fail("no choices");
  const entries = Object.entries(choices as Readonly<Record<string, unknown>>).map(([key, name]) => {
    if (typeof name !== "string") throw fail(`${JSON.stringify(name)} for "${key}"`);
    return [key, name] as const;
  });
  return new Map(entries);
}

/**
 * The browser's own database, for each origin. Where the user allows no storage, nothing is found and nothing kept.
 * @example
 * const store = indexedDbStore("my-app");
 * await store.read("nobody/nothing"); // => null
 */
export function indexedDbStore(database = "wgrad"): TunedStore {
  const table = "tunedKernels";
  const use = async <T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    const opening = indexedDB.open(database, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(table);
    const open = await settled(opening);
    try {
      return await settled(ask(open.transaction(table, mode).objectStore(table)));
    } finally {
      open.close();
    }
  };
  const orElse =
    <T>(value: T) =>
    (error: unknown): T => {
      if (error instanceof DOMException) return value;
      throw error;
    };
  return {
    read: (adapter) =>
      use("readonly", (store) => store.get(adapter)).then(
        (text: unknown) => (typeof text === "string" ? text : null),
        orElse(null),
      ),
    write: (adapter, text) => use("readwrite", (store) => store.put(text, adapter)).then(() => true, orElse(false)),
  };
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}
