import { guides } from "virtual:guides";
import { describe, expect, it, vi } from "vitest";

describe("every code block of", () => {
  it.each(Object.keys(guides))("%s runs", async (guide) => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    try {
      await guides[guide]?.();
      // A guide shows what comes out; numbers that are none would be a fault of what it says.
      for (const line of log.mock.calls) expect(line.join(" ")).not.toMatch(/NaN|undefined/);
    } finally {
      log.mockRestore();
    }
  });
});
