import type { PlannedCall } from "../core/plan.ts";
import { type CommandGraph, encodeDispatch } from "./commandGraph.ts";
import { type PassTime, timePasses } from "./timestamps.ts";

/** What one dispatch took. */
export interface Timing extends PassTime {
  readonly call: PlannedCall;
  readonly ms: number;
}

/**
 * Runs commands once with a pass and two timestamps for each dispatch, and returns how long each took: see `timePasses`
 * for what clocks do. @throws DeviceError where the device has no timestamps
 */
export async function timeDispatches({ gpu, plan, bound }: CommandGraph): Promise<Timing[]> {
  gpu.check();
  const times = await timePasses(gpu, bound.dispatches.length, (pass, i) => {
    const dispatch = bound.dispatches[i];
    if (dispatch) encodeDispatch(pass, dispatch);
  });
  return plan.calls.map((call, i) => {
    const { beginNs = 0, endNs = 0 } = times[i] ?? {};
    return { call, beginNs, endNs, ms: (endNs - beginNs) / 1e6 };
  });
}

/**
 * Runs commands so many times in one pass, and returns the milliseconds of one run: by timestamps, or, where the device
 * has none, from the submit until all is done.
 */
export async function timeRuns({ gpu, bound }: CommandGraph, repeats: number): Promise<number> {
  await gpu.idle();
  const encode = (pass: GPUComputePassEncoder) => {
    for (let i = 0; i < repeats; i++) for (const dispatch of bound.dispatches) encodeDispatch(pass, dispatch);
  };
  if (gpu.device.features.has("timestamp-query")) {
    const [time] = await timePasses(gpu, 1, encode);
    return time ? (time.endNs - time.beginNs) / 1e6 / repeats : Number.NaN;
  }
  const from = performance.now();
  const encoder = gpu.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  encode(pass);
  pass.end();
  gpu.device.queue.submit([encoder.finish()]);
  await gpu.idle();
  return (performance.now() - from) / repeats;
}
