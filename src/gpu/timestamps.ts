import { DeviceError } from "../core/errors.ts";
import type { Gpu } from "./gpu.ts";
import { readBuffer } from "./readback.ts";

/** When a pass began and ended, in nanoseconds since the first of them began. */
export interface PassTime {
  readonly beginNs: number;
  readonly endNs: number;
}

/** WebGPU's limit for a query set, which takes two queries a pass. */
const passesPerSet = 2048;

/**
 * Runs passes one after the other in one submit, with a timestamp at both ends of each. Browsers round timestamps to
 * 100 us unless their developer features are on.
 *
 * @throws DeviceError where the device has no timestamps
 */
export async function timePasses(
  gpu: Gpu,
  count: number,
  encode: (pass: GPUComputePassEncoder, index: number) => void,
): Promise<PassTime[]> {
  const { device } = gpu;
  if (!device.features.has("timestamp-query")) {
    throw new DeviceError({
      seen: "a device without timestamp-query",
      wanted: "one with it, to profile",
      mend: "Name it in requiredFeatures where the device is yours; where the adapter lacks it, start Chromium with --enable-unsafe-webgpu, and with --enable-webgpu-developer-features for times that are not rounded to 100 us.",
    });
  }
  const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
  const resolved = gpu.createBuffer("timestamps", 16 * count, usage);
  const encoder = device.createCommandEncoder({ label: "profile" });
  const sets: GPUQuerySet[] = [];
  for (let first = 0; first < count; first += passesPerSet) {
    const passes = Math.min(passesPerSet, count - first);
    const querySet = device.createQuerySet({ type: "timestamp", count: 2 * passes });
    sets.push(querySet);
    for (let i = 0; i < passes; i++) {
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
      });
      encode(pass, first + i);
      pass.end();
    }
    encoder.resolveQuerySet(querySet, 0, 2 * passes, resolved, 16 * first);
  }
  device.queue.submit([encoder.finish()]);
  const times = new BigUint64Array(await readBuffer(gpu, resolved, 0, 16 * count));
  for (const querySet of sets) querySet.destroy();
  resolved.destroy();
  const since = (index: number) => Number((times[index] ?? 0n) - (times[0] ?? 0n));
  return Array.from({ length: count }, (_, i) => ({ beginNs: since(2 * i), endNs: since(2 * i + 1) }));
}
