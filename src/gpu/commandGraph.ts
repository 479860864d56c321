import { GraphError } from "../core/errors.ts";
import type { Place, Plan, PlannedCall } from "../core/plan.ts";
import { bytesOf, showType } from "../core/types.ts";
import type { Gpu } from "./gpu.ts";
import { packParams } from "./params.ts";
import type { Kernel, Progress } from "./pipelines.ts";
import { Readback, readBuffer, type Source } from "./readback.ts";
import { Staging } from "./staging.ts";
import { type PassTime, timePasses } from "./timestamps.ts";
import { type TensorData, typed, type Variables } from "./variables.ts";

interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly x: number;
  readonly y: number;
}

/** What one dispatch took. */
export interface Timing extends PassTime {
  readonly call: PlannedCall;
  readonly ms: number;
}

export interface CompileOptions {
  readonly shared?: readonly Variables[];
  readonly onProgress?: Progress | undefined;
}

interface BindParts {
  readonly shared: readonly Variables[];
  /** One for each call of the plan. */
  readonly kernels: readonly Kernel[];
  /** Slots, by the index of their buffer in the plan. */
  readonly room: ReadonlyMap<number, GPUBuffer>;
  readonly own: GPUBuffer[];
}

/**
 * A compiled plan: a flat list of { pipeline, bind group, grid }, encoded afresh for each run, since WebGPU cannot
 * replay a command buffer. A run is one encoder, one pass, one submit, and creates no GPU object.
 */
export class CommandGraph {
  readonly plan: Plan;
  readonly #gpu: Gpu;
  readonly #buffers: readonly GPUBuffer[];
  readonly #own: readonly GPUBuffer[];
  readonly #dispatches: readonly Dispatch[];
  readonly #staging: Staging;

  private constructor(
    gpu: Gpu,
    plan: Plan,
    buffers: readonly GPUBuffer[],
    own: readonly GPUBuffer[],
    dispatches: readonly Dispatch[],
  ) {
    this.#gpu = gpu;
    this.plan = plan;
    this.#buffers = buffers;
    this.#own = own;
    this.#dispatches = dispatches;
    this.#staging = new Staging(gpu);
  }

  /**
   * Creates the pipelines, side by side, then the buffers and bind groups. Slots are those of `variables`; `shared`
   * are further tensors that the plan reads, such as a data set. Where it throws, no buffer of its own is left.
   */
  static async compile(
    plan: Plan,
    variables: Variables,
    { shared = [], onProgress }: CompileOptions = {},
  ): Promise<CommandGraph> {
    const { gpu } = variables;
    gpu.check();
    const kernels = await gpu.pipelines.compile(plan.calls, onProgress);
    const room = variables.roomFor(plan);
    const own: GPUBuffer[] = [];
    try {
      return CommandGraph.#bind(plan, variables, { shared, kernels, room, own });
    } catch (cause) {
      for (const buffer of own) buffer.destroy();
      throw cause;
    }
  }

  /** Makes the buffers that are the plan's alone, which it adds to `own`, and the bind groups. */
  static #bind(plan: Plan, variables: Variables, { shared, kernels, room, own }: BindParts): CommandGraph {
    const { gpu } = variables;
    const buffers = plan.buffers.map(({ kind, name, bytes, data }, index) => {
      if (kind === "arena") return ([variables, ...shared].find((store) => store.has(name)) ?? variables).arena(name);
      const slot = room.get(index);
      if (slot) return slot;
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
      const buffer = gpu.createBuffer(`${plan.name}/${name}`, bytes, usage);
      own.push(buffer);
      if (data) gpu.device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
      return buffer;
    });
    const params = packUniforms(plan.calls, kernels);
    const uniforms = gpu.createBuffer(
      `${plan.name}/params`,
      Math.max(256, params.bytes.byteLength),
      GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    );
    own.push(uniforms);
    gpu.device.queue.writeBuffer(uniforms, 0, params.bytes);
    const dispatches = plan.calls.map((planned, i): Dispatch => {
      const kernel = kernels[i] as Kernel;
      const entries = kernel.bindings.map(({ binding, name, access }): GPUBindGroupEntry => {
        const place = access === "uniform" ? params.places.get(`${i}/${name}`) : planned.places[name];
        const buffer = access === "uniform" ? uniforms : buffers[planned.places[name]?.buffer ?? -1];
        if (!place || !buffer) {
          throw new GraphError({ where: planned.label, seen: `nothing for binding ${name}`, wanted: "an operand" });
        }
        return { binding, resource: { buffer, offset: place.offset, size: Math.ceil(place.bytes / 4) * 4 } };
      });
      checkOperands(planned, kernel);
      const bindGroup = gpu.device.createBindGroup({ label: planned.label, layout: kernel.layout, entries });
      return { pipeline: kernel.pipeline, bindGroup, x: planned.grid[0], y: planned.grid[1] };
    });
    return new CommandGraph(gpu, plan, buffers, own, dispatches);
  }

  /** Writes an input; it keeps its value until written again. Ordered with runs. */
  write(name: string, data: ArrayBufferView<ArrayBuffer>): void {
    const { buffer, offset } = this.#input(name, data);
    this.#gpu.device.queue.writeBuffer(buffer, offset, data);
  }

  /**
   * Runs the list once. With a readback that is ready, its copies ride along and the reading is returned; nothing
   * waits for it here.
   */
  run(readback?: Readback): Promise<ArrayBuffer[]> | null {
    this.#gpu.check();
    const encoder = this.#gpu.device.createCommandEncoder();
    this.#record(encoder);
    const reading = readback?.ready ? readback.copy(encoder) : null;
    this.#gpu.device.queue.submit([encoder.finish()]);
    return reading ? reading() : null;
  }

  /**
   * Records a run into an encoder of the caller's, between its passes, and submits nothing. `inputs` are those of this
   * run: they are right however many runs are recorded, into one encoder or several, before anything is submitted. An
   * input that is not given has the value that it has when the commands run.
   *
   * @throws GraphError on anything but a command encoder, and on inputs that the plan has not
   */
  encode(encoder: GPUCommandEncoder, inputs: Readonly<Record<string, ArrayBufferView<ArrayBuffer>>> = {}): void {
    this.#gpu.check();
    checkEncoder(this.plan.name, encoder);
    const copies = Object.entries(inputs).map(([name, data]) => {
      const { buffer, offset } = this.#input(name, data);
      return { data, to: buffer, offset };
    });
    this.#staging.copy(encoder, copies);
    this.#record(encoder);
  }

  /**
   * Runs the list once with a pass and two timestamps for each dispatch, and returns how long each took: see
   * `timePasses` for what clocks do. @throws DeviceError where the device has no timestamps
   */
  async profile(): Promise<Timing[]> {
    this.#gpu.check();
    const times = await timePasses(this.#gpu, this.#dispatches.length, (pass, i) => {
      const dispatch = this.#dispatches[i];
      if (dispatch) encodeDispatch(pass, dispatch);
    });
    return this.plan.calls.map((call, i) => {
      const { beginNs = 0, endNs = 0 } = times[i] ?? {};
      return { call, beginNs, endNs, ms: (endNs - beginNs) / 1e6 };
    });
  }

  /**
   * Runs the list so many times in one pass, and returns the milliseconds of one: by timestamps, or, where the device has
   * none, from the submit until all is done.
   */
  async time(repeats: number): Promise<number> {
    await this.#gpu.idle();
    const encode = (pass: GPUComputePassEncoder) => {
      for (let i = 0; i < repeats; i++) for (const dispatch of this.#dispatches) encodeDispatch(pass, dispatch);
    };
    if (this.#gpu.device.features.has("timestamp-query")) {
      const [time] = await timePasses(this.#gpu, 1, encode);
      return time ? (time.endNs - time.beginNs) / 1e6 / repeats : Number.NaN;
    }
    const from = performance.now();
    const encoder = this.#gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    encode(pass);
    pass.end();
    this.#gpu.device.queue.submit([encoder.finish()]);
    await this.#gpu.idle();
    return (performance.now() - from) / repeats;
  }

  /** A ring through which these outputs can be read without stopping. */
  readback(names: readonly string[], depth: number): Readback {
    return new Readback(
      this.#gpu,
      names.map((name) => this.#source(name)),
      depth,
    );
  }

  /** Reads an output once. */
  async read(name: string): Promise<TensorData> {
    const { buffer, offset, bytes } = this.#source(name);
    const type = this.plan.outputs[name]?.type;
    return typed(await readBuffer(this.#gpu, buffer, offset, bytes), type?.dtype ?? "f32");
  }

  /** Fills every slot with NaN, so that a kernel that reads what nobody wrote shows. For tests. */
  poison(): void {
    this.plan.buffers.forEach(({ kind, bytes }, i) => {
      const buffer = this.#buffers[i];
      if (kind === "slot" && buffer) {
        this.#gpu.device.queue.writeBuffer(buffer, 0, new Float32Array(bytes / 4).fill(Number.NaN));
      }
    });
  }

  dispose(): void {
    for (const buffer of this.#own) buffer.destroy();
  }

  #record(encoder: GPUCommandEncoder): void {
    const pass = encoder.beginComputePass({ label: this.plan.name });
    for (const dispatch of this.#dispatches) encodeDispatch(pass, dispatch);
    pass.end();
  }

  /** Where an input lies. @throws GraphError on an unknown name, and on data that do not fill it */
  #input(name: string, { byteLength }: ArrayBufferView): { readonly buffer: GPUBuffer; readonly offset: number } {
    const place = this.plan.inputs[name];
    const buffer = place && this.#buffers[place.buffer];
    if (!place || !buffer) {
      const known = Object.keys(this.plan.inputs).join(", ") || "none";
      throw new GraphError({ where: this.plan.name, seen: `input ${name}`, wanted: `one of ${known}` });
    }
    if (byteLength !== bytesOf(place.type)) {
      throw new GraphError({
        where: `${this.plan.name}/${name}`,
        seen: `${byteLength} bytes`,
        wanted: `${bytesOf(place.type)} for ${showType(place.type)}`,
      });
    }
    return { buffer, offset: place.offset };
  }

  #source(name: string): Source {
    const place = this.plan.outputs[name];
    const buffer = place && this.#buffers[place.buffer];
    if (!place || !buffer) {
      const known = Object.keys(this.plan.outputs).join(", ");
      throw new GraphError({ where: this.plan.name, seen: `output ${name}`, wanted: `one of ${known}` });
    }
    return { buffer, offset: place.offset, bytes: Math.ceil(place.bytes / 4) * 4 };
  }
}

/** By what it can do: an encoder may be wrapped, as recorders do. Of which device it is shows when it is finished. */
function checkEncoder(where: string, encoder: GPUCommandEncoder): void {
  if (typeof encoder?.copyBufferToBuffer === "function" && typeof encoder.beginComputePass === "function") return;
  throw new GraphError({
    where,
    seen: encoder && "end" in encoder ? "the encoder of a pass" : `${encoder} for an encoder`,
    wanted: "a GPUCommandEncoder of the model's device",
    mend: "Give what device.createCommandEncoder() made, before a pass is begun on it or after that has ended.",
  });
}

function encodeDispatch(pass: GPUComputePassEncoder, { pipeline, bindGroup, x, y }: Dispatch): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(x, y);
}

/** All uniform structs of a plan in one buffer, equal ones once. */
function packUniforms(calls: readonly PlannedCall[], kernels: readonly Kernel[]) {
  const places = new Map<string, Place>();
  const known = new Map<string, Place>();
  const parts: Uint8Array[] = [];
  calls.forEach(({ call, label }, i) => {
    for (const binding of kernels[i]?.bindings ?? []) {
      if (binding.access !== "uniform") continue;
      const bytes = packParams(binding, call.params[binding.name] ?? {}, label);
      const key = bytes.join(",");
      const place = known.get(key) ?? { buffer: -1, offset: parts.length * 256, bytes: bytes.byteLength };
      if (!known.has(key)) parts.push(bytes);
      known.set(key, place);
      places.set(`${i}/${binding.name}`, place);
    }
  });
  const bytes = new Uint8Array(parts.length * 256);
  parts.forEach((part, i) => {
    bytes.set(part, i * 256);
  });
  return { places, bytes };
}

/** What a dispatch reads and what it writes must lie in different buffers; operands and bindings must match. */
function checkOperands({ label, places, call }: PlannedCall, { bindings }: Kernel): void {
  const access = new Map(bindings.map((binding) => [binding.name, binding.access]));
  const written = new Set<number>();
  for (const [name, place] of Object.entries(places)) if (access.get(name) === "read_write") written.add(place.buffer);
  for (const [name, place] of Object.entries(places)) {
    const kind = access.get(name);
    if (kind === "read" && written.has(place.buffer)) {
      throw new GraphError({ where: label, seen: `${name} in a buffer that is written too`, wanted: "another buffer" });
    }
    if (kind !== "read" && kind !== "read_write") {
      throw new GraphError({ where: label, seen: `operand ${name}`, wanted: "the name of a storage binding" });
    }
  }
  for (const name of Object.keys(call.params)) {
    if (access.get(name) !== "uniform") {
      throw new GraphError({ where: label, seen: `params ${name}`, wanted: "the name of a uniform binding" });
    }
  }
}
