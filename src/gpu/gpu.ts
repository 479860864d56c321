import type { Target } from "../core/call.ts";
import { DeviceError, LimitError } from "../core/errors.ts";
import { checkNames } from "../core/options.ts";
import { PipelineCache } from "./pipelines.ts";
import { mapInTurn } from "./readback.ts";

/** Which adapter runs the kernels. */
export interface AdapterFacts {
  /** `"nvidia"`, `"apple"`, ..; empty where the browser does not tell. */
  readonly vendor: string;
  /** `"hopper"`, `"metal-3"`, ..; empty where the browser does not tell. */
  readonly architecture: string;
  readonly description: string;
  /** A CPU that plays a GPU: correct, slow, and a reason to choose other kernels. */
  readonly software: boolean;
}

export interface GpuOptions {
  /** Which adapter, where there are two. Default `"high-performance"`. */
  readonly powerPreference?: GPUPowerPreference;
  /** Overrides parts of what kernels are chosen for; for tests and measurements. */
  readonly target?: Partial<Target>;
}

/** Taken as high as the adapter has them. */
const wantedLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupStorageSize",
] as const;

const wantedFeatures: readonly GPUFeatureName[] = ["subgroups", "timestamp-query"];

/** Pipelines by their device, for all who share one. */
const caches = new WeakMap<GPUDevice, PipelineCache>();

/**
 * The device: made by us (`Gpu.create()`) or borrowed from the app around us (`Gpu.from(device)`). It has the pipeline
 * cache and turns the browser's errors into ours. A borrowed device is never destroyed, and its errors are not listened
 * to: they may be the app's. What fails of our own there is caught in error scopes; see `watch`.
 * @example
 * const gpu = await Gpu.create();
 * console.log(gpu.adapter.vendor, gpu.adapter.architecture, gpu.adapter.software ? "a CPU" : "a GPU");
 * gpu.dispose();
 */
export class Gpu {
  /** The browser's device. */
  readonly device: GPUDevice;
  readonly adapter: AdapterFacts;
  /** What kernels are chosen for. */
  readonly target: Target;
  /** @internal */
  readonly pipelines: PipelineCache;
  /** Resolves, never rejects, when the device is lost. */
  readonly lost: Promise<DeviceError>;
  #failure: DeviceError | null = null;
  /** Resolves when it is known what the browser's last error was a sign of. */
  #verdict: Promise<void> = Promise.resolve();
  #isLost = false;
  #disposed = false;
  /** What the device was asked for with; null for a borrowed one. */
  readonly #asked: GpuOptions | null;
  readonly #onError = (event: GPUUncapturedErrorEvent) => this.#refused(event.error);

  private constructor(
    device: GPUDevice,
    info: GPUAdapterInfo | undefined,
    asked: GpuOptions | null,
    target: Partial<Target>,
  ) {
    this.device = device;
    this.#asked = asked;
    this.adapter = factsOf(info);
    this.target = Object.freeze({
      subgroups: device.features.has("subgroups"),
      software: this.adapter.software,
      cores: globalThis.navigator?.hardwareConcurrency ?? 4,
      adapter: `${this.adapter.vendor}/${this.adapter.architecture}`,
      limits: device.limits,
      ...target,
    });
    this.pipelines = caches.get(device) ?? new PipelineCache(device);
    caches.set(device, this.pipelines);
    if (asked) device.addEventListener("uncapturederror", this.#onError);
    this.lost = device.lost.then((info) => {
      const reason = info.reason === "destroyed" ? "it was destroyed" : info.message || "no reason given";
      this.#isLost = this.#failure === null && !this.#disposed;
      return this.#fail(
        new DeviceError({
          seen: `the GPU device was lost: ${reason}`,
          wanted: "a live device",
          mend: "With the option `recovery: recovery()` a training goes on by itself on another device; else dispose the model, compile it with a new Gpu, and load what was saved last.",
        }),
      );
    });
  }

  /**
   * Asks the browser for its adapter and a device with that adapter's limits.
   * @throws DeviceError where there is no WebGPU, or no adapter; the message says which browsers have it
   */
  static async create(options: GpuOptions = {}): Promise<Gpu> {
    checkNames("Gpu.create", options, ["powerPreference", "target"]);
    const { powerPreference = "high-performance", target = {} } = options;
    if (!globalThis.navigator?.gpu) {
      throw new DeviceError({
        seen: "no navigator.gpu",
        wanted: "a browser with WebGPU, on a secure page (https or localhost)",
        mend: "Use Chrome or Edge 113, Safari 26 or Firefox 141, or newer.",
      });
    }
    const adapter = await navigator.gpu.requestAdapter({ powerPreference });
    if (!adapter) {
      throw new DeviceError({
        seen: "no WebGPU adapter",
        wanted: "a GPU that the browser supports",
        mend: "Update its driver; without a GPU start Chromium with --enable-unsafe-webgpu --use-webgpu-adapter=swiftshader.",
      });
    }
    const device = await adapter.requestDevice({
      label: "wgrad",
      requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
      requiredLimits: Object.fromEntries(wantedLimits.map((limit) => [limit, adapter.limits[limit]])),
    });
    return new Gpu(device, adapter.info, options, target);
  }

  /**
   * Works on a device of the app's, with the features and limits that it has: WebGPU's default limits and no feature
   * are enough. It is never destroyed, and its error handlers are left alone.
   *
   *     const device = await adapter.requestDevice();
   *     await model.compile({ gpu: Gpu.from(device), optimizer, loss });
   */
  static from(device: GPUDevice, { target = {} }: Pick<GpuOptions, "target"> = {}): Gpu {
    if (typeof device?.createBuffer !== "function" || (device as object) instanceof Gpu) {
      throw new DeviceError({
        where: "Gpu.from",
        seen: `${device}`,
        wanted: "a GPUDevice",
        mend: "Give what await adapter.requestDevice() gave.",
      });
    }
    return new Gpu(device, device.adapterInfo, null, target);
  }

  /** Throws what went wrong on the device since it was made, if anything did. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Whether the device is known to be lost, by no doing of `dispose`, and nothing else had failed on it before. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Whether the device is the app's, which alone can say where there is another. */
  get isBorrowed(): boolean {
    return this.#asked === null;
  }

  /** Another device, asked for as this one was. @throws DeviceError where there is none, or this one is borrowed */
  async renew(): Promise<Gpu> {
    if (this.#asked) return Gpu.create(this.#asked);
    throw new DeviceError({ seen: "a borrowed device", wanted: "one of Gpu.create(), which can be asked for again" });
  }

  /** Resolves when all work that was submitted is done. @throws DeviceError where the device failed on the way */
  async idle(): Promise<void> {
    await Promise.all([this.device.queue.onSubmittedWorkDone(), mapInTurn(this)]);
    await this.#verdict;
    this.check();
  }

  /**
   * Calls the device, and lets the next `check` throw what it has against that, on whoever's device. For calls that are
   * made once, since each costs a message from the GPU's process.
   */
  watch<T>(act: () => T): T {
    const filters: readonly GPUErrorFilter[] = ["validation", "out-of-memory"];
    for (const filter of filters) this.device.pushErrorScope(filter);
    try {
      return act();
    } finally {
      for (const _ of filters) {
        // A lost device, which has no scopes, is told of by `lost`.
        this.device.popErrorScope().then(
          (error) => error && this.#refused(error),
          () => {},
        );
      }
    }
  }

  /** @throws LimitError beyond what the device takes in one buffer */
  createBuffer(label: string, bytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    this.check();
    const limit = this.device.limits.maxBufferSize;
    if (bytes > limit) {
      throw new LimitError({
        where: label,
        seen: `a buffer of ${bytes} bytes`,
        wanted: `at most ${limit} bytes, this device's limit`,
        mend: "Use a smaller batch, smaller images or fewer channels.",
      });
    }
    return this.watch(() => this.device.createBuffer({ label, size: bytes, usage }));
  }

  /** Gives an own device back; a borrowed one is left as it is. */
  dispose(): void {
    this.#disposed = true;
    this.device.removeEventListener("uncapturederror", this.#onError);
    if (this.#asked) this.device.destroy();
  }

  /**
   * Checks now, and once more when a loss would have been told: for what failed and may have failed by that.
   * @internal
   */
  async checkLate(): Promise<void> {
    this.check();
    await this.#lostOrNot();
    this.check();
  }

  /**
   * Resolves when the device is lost, or when it would have told so: what fails on a device that is being lost fails first,
   * in Firefox 0.1 s before on a busy machine.
   */
  async #lostOrNot(): Promise<void> {
    await Promise.race([this.lost, new Promise((resolve) => setTimeout(resolve, 500))]);
  }

  #refused(error: GPUError): void {
    this.#verdict = this.#lostOrNot().then(() => void this.#fail(describe(error)));
  }

  #fail(error: DeviceError): DeviceError {
    this.#failure ??= error;
    return this.#failure;
  }
}

/** A device knows its adapter since 2025; where it does not, it is taken for a GPU. */
function factsOf(info?: GPUAdapterInfo): AdapterFacts {
  const { vendor = "", architecture = "", description = "", isFallbackAdapter = false } = info ?? {};
  const names = `${vendor} ${architecture} ${description}`;
  return Object.freeze({
    vendor,
    architecture,
    description,
    software: isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render/i.test(names),
  });
}

/** Turns an error of the browser into ours; the message names the labelled object, in Chromium alone without `where`. */
export function describe(error: GPUError, where = ""): DeviceError {
  if (error instanceof GPUOutOfMemoryError) {
    return new DeviceError({
      where,
      seen: `out of GPU memory: ${error.message}`,
      wanted: "tensors that fit",
      mend: "Use a smaller batch or image; plan.peakBytes says beforehand what a step takes.",
    });
  }
  return new DeviceError({
    where,
    seen: `WebGPU refused a command: ${error.message}`,
    wanted: "a valid command",
    mend: "What was computed since cannot be trusted: go on with a new Gpu.",
  });
}
