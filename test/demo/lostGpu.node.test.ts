import { afterEach, expect, test, vi } from "vitest";
import { isGpuGone, tellGone } from "../../demo/shell/lostGpu.ts";
import { DeviceError } from "../../src/core/errors.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("a device is gone where the browser has no other; what else it fails in is told as it is", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const failure = new DeviceError("out of GPU memory");
  const told = (adapter: object | null) => {
    vi.stubGlobal("navigator", { gpu: { requestAdapter: async () => adapter } });
    return tellGone(async () => Promise.reject(failure)).catch((error: unknown) => error);
  };
  expect(isGpuGone(await told(null))).toBe(true);
  expect(await told({})).toBe(failure);
});
