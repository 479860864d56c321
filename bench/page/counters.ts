import { DeviceError } from "../../src/core/errors.ts";

/** What the GPU was asked for since the page began, whoever asked. */
export interface Counts {
  /** Compute dispatches; for WebGL: draws. */
  readonly dispatches: number;
  /** Calls of `queue.submit`; 0 for WebGL, which has none. */
  readonly submits: number;
  /** `performance.now()` of the last submit; 0 before the first. */
  readonly lastSubmit: number;
  /** Largest sum so far of the sizes of buffers made and not destroyed: pools and staging buffers count. */
  readonly peakBytes: number;
}

/**
 * Wraps the prototypes of WebGPU and WebGL, before an engine makes its device, and counts what passes. What a wrapper
 * costs, some tens of nanoseconds a call, is the same for all.
 */
export function countCalls(): () => Counts {
  let dispatches = 0;
  let submits = 0;
  let lastSubmit = 0;
  let bytes = 0;
  let peakBytes = 0;
  const dispatch = () => {
    dispatches++;
  };
  before(GPUComputePassEncoder.prototype, "dispatchWorkgroups", dispatch);
  before(GPUComputePassEncoder.prototype, "dispatchWorkgroupsIndirect", dispatch);
  before(WebGL2RenderingContext.prototype, "drawElements", dispatch);
  before(WebGL2RenderingContext.prototype, "drawArrays", dispatch);
  before(GPUQueue.prototype, "submit", () => {
    submits++;
    lastSubmit = performance.now();
  });

  const live = new WeakMap<GPUBuffer, number>();
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (this: GPUDevice, descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    live.set(buffer, buffer.size);
    bytes += buffer.size;
    peakBytes = Math.max(peakBytes, bytes);
    return buffer;
  };
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function (this: GPUBuffer) {
    bytes -= live.get(this) ?? 0;
    live.delete(this);
    return destroy.call(this);
  };
  return () => ({ dispatches, submits, lastSubmit, peakBytes });
}

/** Calls `note` before each call of a method. */
function before(prototype: object, name: string, note: () => void): void {
  const method: unknown = Reflect.get(prototype, name);
  if (typeof method !== "function") throw new DeviceError(`bench: this browser has no ${name} to count`);
  const counted = function (this: unknown, ...args: unknown[]): unknown {
    note();
    return method.apply(this, args);
  };
  Reflect.set(prototype, name, counted);
}
