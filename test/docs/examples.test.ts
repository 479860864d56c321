import { files } from "virtual:examples";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

/** As an editor's console would show it, on one line. */
function show(value: unknown): string {
  if (value instanceof Error) return value.name;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return show([...(value as Float32Array)]);
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

async function see(value: () => Promise<unknown>, text: string): Promise<void> {
  const seen = await value().catch((error: unknown) => error);
  if (show(seen) !== text) throw seen instanceof Error ? seen : new Error(`shows ${show(seen)}, not ${text}`);
}

describe("every example of a docstring in", () => {
  beforeAll(() => {
    vi.spyOn(console, "log").mockImplementation(() => {});
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  it.each(Object.keys(files))("%s runs", async (file) => {
    const { examples = {} } = (await files[file]?.()) ?? {};
    expect(Object.keys(examples)).not.toEqual([]);
    for (const [line, example] of Object.entries(examples)) {
      await example(see).catch((cause: unknown) => {
        throw new Error(`${file}:${line}: ${cause}`, { cause });
      });
    }
  });
});
