import { GraphError } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import { showType } from "../core/types.ts";
import { type BoundPlan, bindPlan, type Dispatch, lendBuffers } from "./bindPlan.ts";
import type { Gpu } from "./gpu.ts";
import { type BufferRange, type CommandEncoder, checkEncoder } from "./lent.ts";
import type { Progress } from "./pipelines.ts";
import { Readback, readBuffer, type Source } from "./readback.ts";
import { Staging } from "./staging.ts";
import { type TensorData, typed, type Variables } from "./variables.ts";

export interface CompileOptions {
  /** Further tensors that the plan reads, such as a data set. */
  readonly shared?: readonly Variables[];
  /** Buffers of a caller's in which inputs and outputs lie, by name; see `lendBuffers`. Default: buffers of our own. */
  readonly lent?: Readonly<Record<string, BufferRange>>;
  readonly onProgress?: Progress | undefined;
}

/**
 * A compiled plan: a flat list of { pipeline, bind group, grid }, encoded afresh for each run, since WebGPU cannot
 * replay a command buffer. A run is one encoder, one pass, one submit, and creates no GPU object.
 */
export class CommandGraph {
  readonly plan: Plan;
  readonly gpu: Gpu;
  /** The list, one for each call of the plan, and the buffers of the plan. */
  readonly bound: BoundPlan;
  readonly #staging: Staging;
  /** Where the tensors lie that it is bound to. */
  readonly #stores: readonly Variables[];
  /** Whether a run has been submitted: what the browser takes once, it takes again. */
  #hasRun = false;

  private constructor(gpu: Gpu, plan: Plan, bound: BoundPlan, stores: readonly Variables[]) {
    this.gpu = gpu;
    this.plan = plan;
    this.bound = bound;
    this.#stores = stores;
    this.#staging = new Staging(gpu);
  }

  /** Creates the pipelines, side by side, then the buffers and bind groups. Slots are those of `variables`. */
  static async compile(
    plan: Plan,
    variables: Variables,
    { shared = [], lent = {}, onProgress }: CompileOptions = {},
  ): Promise<CommandGraph> {
    const { gpu } = variables;
    gpu.check();
    const rooms = lendBuffers(gpu, plan, lent);
    try {
      const kernels = await gpu.pipelines.compile(plan.calls, onProgress);
      const bound = await bindPlan(plan, variables, { shared, kernels, lent: rooms });
      return new CommandGraph(gpu, plan, bound, [variables, ...shared]);
    } catch (cause) {
      await gpu.checkLate();
      throw cause;
    }
  }

  /** Writes an input; it keeps its value until written again. Ordered with runs. */
  write(name: string, data: ArrayBufferView<ArrayBuffer>): void {
    const { buffer, offset } = this.#target(name, data);
    this.gpu.device.queue.writeBuffer(buffer, offset, data);
  }

  /**
   * Runs the list once. With a readback that is ready, its copies ride along and the reading is returned; nothing
   * waits for it here.
   */
  run(readback?: Readback): Promise<ArrayBuffer[]> | null {
    this.#check();
    const encoder = this.gpu.device.createCommandEncoder();
    this.#record(encoder);
    const reading = readback?.ready ? readback.copy(encoder) : null;
    const submit = () => this.gpu.device.queue.submit([encoder.finish()]);
    if (this.#hasRun) submit();
    else this.gpu.watch(submit);
    this.#hasRun = true;
    return reading ? reading() : null;
  }

  /**
   * Records a run into an encoder of the caller's, between its passes, and submits nothing. `inputs` are those of this
   * run: they are right however many runs are recorded, into one encoder or several, before anything is submitted. An
   * input that is not given has the value that it has when the commands run.
   *
   * @throws GraphError on anything but a command encoder, and on inputs that the plan has not
   */
  encode(encoder: CommandEncoder, inputs: Readonly<Record<string, ArrayBufferView<ArrayBuffer>>> = {}): void {
    this.#check();
    checkEncoder(this.plan.name, encoder);
    const copies = Object.entries(inputs).map(([name, data]) => {
      const { buffer, offset } = this.#target(name, data);
      return { data, to: buffer, offset };
    });
    this.#staging.copy(encoder, copies);
    this.#record(encoder);
  }

  /** A ring through which these outputs can be read without stopping. */
  readback(names: readonly string[], depth: number): Readback {
    return new Readback(
      this.gpu,
      names.map((name) => this.#source(name)),
      depth,
    );
  }

  /** Reads an output once. */
  async read(name: string): Promise<TensorData> {
    const { buffer, offset, bytes } = this.#source(name);
    const type = this.plan.outputs[name]?.type;
    return typed(await readBuffer(this.gpu, buffer, offset, bytes), type?.dtype ?? "f32");
  }

  /** Where an input lies. @throws GraphError on an unknown name */
  inputRange(name: string): Required<BufferRange> {
    return this.#range("input", name);
  }

  /** Where an output lies after a run. @throws GraphError on an unknown name */
  outputRange(name: string): Required<BufferRange> {
    return this.#range("output", name);
  }

  dispose(): void {
    for (const buffer of this.bound.own) buffer.destroy();
  }

  /**
   * Whether a run can be: one on buffers that are gone would be an error of the device, and the end of all who share it.
   * @throws DeviceError where the device failed; TrainingError where the buffers are gone
   */
  #check(): void {
    this.gpu.check();
    for (const store of this.#stores) store.check(this.plan.name);
  }

  #record(encoder: GPUCommandEncoder): void {
    const pass = encoder.beginComputePass({ label: this.plan.name });
    for (const dispatch of this.bound.dispatches) encodeDispatch(pass, dispatch);
    pass.end();
  }

  #range(kind: "input" | "output", name: string): Required<BufferRange> {
    const places = kind === "input" ? this.plan.inputs : this.plan.outputs;
    const place = places[name];
    const room = place && this.bound.rooms[place.buffer];
    if (!place || !room) {
      const known = Object.keys(places).join(", ") || "none";
      throw new GraphError({ where: this.plan.name, seen: `${kind} ${name}`, wanted: `one of ${known}` });
    }
    return { buffer: room.buffer, offset: room.offset + place.offset, size: Math.ceil(place.bytes / 4) * 4 };
  }

  /** Where an input lies that data are to fill. @throws GraphError where they do not */
  #target(name: string, { byteLength }: ArrayBufferView): Required<BufferRange> {
    this.#check();
    const range = this.inputRange(name);
    const type = this.plan.inputs[name]?.type;
    if (byteLength !== range.size) {
      throw new GraphError({
        where: `${this.plan.name}/${name}`,
        seen: `${byteLength} bytes`,
        wanted: `${range.size}${type ? ` for ${showType(type)}` : ""}`,
      });
    }
    return range;
  }

  #source(name: string): Source {
    this.#check();
    const { buffer, offset, size } = this.outputRange(name);
    return { buffer, offset, bytes: size };
  }
}

/** Records one dispatch of a list. */
export function encodeDispatch(pass: GPUComputePassEncoder, { pipeline, bindGroup, x, y }: Dispatch): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(x, y);
}
