import { expect, test } from "vitest";
import { Gpu } from "../../src/gpu/gpu.ts";

/** As much of a device as `Gpu.from` asks; browsers before `isFallbackAdapter` leave that out. */
function deviceOf(adapterInfo: Partial<GPUAdapterInfo>): GPUDevice {
  const device = { adapterInfo, features: new Set(), limits: {}, lost: new Promise(() => undefined) };
  return { ...device, createBuffer: () => undefined } as unknown as GPUDevice;
}

test.each<[Partial<GPUAdapterInfo>, boolean]>([
  [{ vendor: "google", architecture: "swiftshader" }, true],
  [{ vendor: "mesa", architecture: "software" }, true],
  [{ vendor: "mesa", description: "llvmpipe (LLVM 15.0.6, 256 bits)" }, true],
  [{ description: "Microsoft Basic Render Driver" }, true],
  [{ isFallbackAdapter: true }, true],
  [{ vendor: "mesa", architecture: "" }, false],
  [{ vendor: "nvidia", architecture: "hopper" }, false],
  [{}, false],
])("%o is a CPU: %s", (info, software) => {
  const { adapter, target } = Gpu.from(deviceOf(info));
  expect(adapter.software).toBe(software);
  expect(target.software).toBe(software);
});
