import type { TargetLimits } from "../core/call.ts";
import { GraphError, LimitError, TrainingError } from "../core/errors.ts";
import type { Variable } from "../core/graph.ts";
import type { Plan } from "../core/plan.ts";
import { bytesOf, type DType } from "../core/types.ts";
import { layVariables, type VariableLayout } from "../passes/layout.ts";
import type { Gpu } from "./gpu.ts";
import { type CommandEncoder, checkEncoder } from "./lent.ts";
import { readBuffer } from "./readback.ts";

export type TensorData =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/**
 * The tensors of a model that outlive a run, in their arenas, and the slots that its plans share: plans of one model
 * run one after the other, so training, evaluation and prediction use the same room.
 */
export class Variables {
  readonly layout: VariableLayout;
  readonly #variables: readonly Variable[];
  #gpu: Gpu;
  /** Values of data that the host has replaced, for another device. */
  readonly #replaced = new Map<Variable, Uint8Array<ArrayBuffer>>();
  readonly #arenas = new Map<string, GPUBuffer>();
  #disposed = false;
  readonly #pool: { readonly kind: string; readonly buffer: GPUBuffer }[] = [];

  /** @throws LimitError, before there is any buffer, where an arena is more than a kernel can be given */
  constructor(gpu: Gpu, variables: readonly Variable[]) {
    this.layout = layVariables(variables);
    this.#variables = variables;
    this.#gpu = gpu;
    this.#allocate();
  }

  /** Where they lie. */
  get gpu(): Gpu {
    return this.#gpu;
  }

  /**
   * Goes over to another device: the same tensors, with all values that the host has given them, by reference where they
   * were there from the beginning. What kernels have made of them is left behind, and whoever moves them knows it.
   */
  moveTo(gpu: Gpu): void {
    this.dispose();
    this.#gpu = gpu;
    this.#disposed = false;
    this.#allocate();
  }

  #allocate(): void {
    const gpu = this.#gpu;
    checkArenas(this.#variables, this.layout, gpu.target.limits);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    for (const [arena, bytes] of this.layout.arenas) this.#arenas.set(arena, gpu.createBuffer(arena, bytes, usage));
    for (const variable of this.#variables) {
      const replaced = this.#replaced.get(variable);
      if (replaced) this.#upload(variable, replaced);
      else if (variable.initial.kind === "values") this.#upload(variable, variable.initial.data);
    }
  }

  /** Whether its buffers are gone, and none have taken their place. */
  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** @throws TrainingError where its buffers are gone: what was begun with them cannot go on */
  check(where: string): void {
    if (!this.#disposed) return;
    throw new TrainingError({
      where,
      seen: "a model or a data set that was disposed, or compiled again",
      wanted: "one that was not",
      mend: "Await what was begun, then dispose or compile.",
    });
  }

  /** Whether an arena lies here. */
  has(name: string): boolean {
    return this.#arenas.has(name);
  }

  arena(name: string): GPUBuffer {
    this.check(name);
    const buffer = this.#arenas.get(name);
    if (!buffer)
      throw new GraphError({ seen: `arena ${name}`, wanted: `one of ${[...this.#arenas.keys()].join(", ")}` });
    return buffer;
  }

  /** Where a variable lies. */
  placeOf(variable: Variable): { buffer: GPUBuffer; offset: number; bytes: number } {
    const place = this.layout.places.get(variable);
    if (!place) throw new GraphError({ seen: `variable ${variable.name}`, wanted: "a variable of this model" });
    return { buffer: this.arena(place.arena), offset: place.offset, bytes: bytesOf(variable.type) };
  }

  write(variable: Variable, data: ArrayBufferView<ArrayBufferLike>): void {
    const bytes = this.#upload(variable, data);
    if (variable.role === "data") this.#replaced.set(variable, bytes);
  }

  /** Writes a copy of the values, padded to whole words, and returns it. @throws GraphError on another size */
  #upload(variable: Variable, data: ArrayBufferView<ArrayBufferLike>): Uint8Array<ArrayBuffer> {
    const { buffer, offset, bytes } = this.placeOf(variable);
    const padded = new Uint8Array(Math.ceil(data.byteLength / 4) * 4);
    padded.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    if (padded.byteLength !== bytes) {
      throw new GraphError({
        where: variable.name,
        seen: `${data.byteLength} bytes`,
        wanted: `${bytes} for ${variable.type.dtype}[${variable.type.shape.join(", ")}]`,
      });
    }
    this.#gpu.device.queue.writeBuffer(buffer, offset, padded);
    return padded;
  }

  /** Records zeros for variables into an encoder, between its passes. @throws GraphError on anything but an encoder */
  encodeZeros(encoder: CommandEncoder, variables: readonly Variable[]): void {
    checkEncoder("variables", encoder);
    for (const variable of variables) {
      const { buffer, offset, bytes } = this.placeOf(variable);
      encoder.clearBuffer(buffer, offset, bytes);
    }
  }

  async read(variable: Variable): Promise<TensorData> {
    const { buffer, offset, bytes } = this.placeOf(variable);
    return typed(await readBuffer(this.#gpu, buffer, offset, bytes), variable.type.dtype);
  }

  /**
   * A buffer for each slot of a plan: those of earlier plans where they are large enough. Gradients are taken only at
   * their exact size, so that the gaps between them stay zero.
   */
  roomFor(plan: Plan): Map<number, GPUBuffer> {
    const taken = new Set<GPUBuffer>();
    const room = new Map<number, GPUBuffer>();
    const wanted = [...plan.buffers.entries()].filter(([, { kind }]) => kind === "slot" || kind === "gradients");
    for (const [index, { kind, name, bytes }] of wanted.toSorted(([, a], [, b]) => b.bytes - a.bytes)) {
      const fits = this.#pool
        .filter((entry) => entry.kind === kind && !taken.has(entry.buffer))
        .filter(({ buffer }) => (kind === "slot" ? buffer.size >= bytes : buffer.size === bytes))
        .toSorted((a, b) => a.buffer.size - b.buffer.size);
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      const buffer = fits[0]?.buffer ?? this.#gpu.createBuffer(`${plan.name}/${name}`, bytes, usage);
      if (!fits[0]) this.#pool.push({ kind, buffer });
      taken.add(buffer);
      room.set(index, buffer);
    }
    return room;
  }

  /** Bytes of all arenas and slots. */
  get bytes(): number {
    return [...this.#arenas.values(), ...this.#pool.map(({ buffer }) => buffer)].reduce(
      (sum, { size }) => sum + size,
      0,
    );
  }

  dispose(): void {
    for (const buffer of this.#arenas.values()) buffer.destroy();
    for (const { buffer } of this.#pool) buffer.destroy();
    this.#arenas.clear();
    this.#pool.length = 0;
    this.#disposed = true;
  }
}

/** Kernels bind whole arenas, so the limit of a binding holds for them as well as that of a buffer. */
function checkArenas(variables: readonly Variable[], layout: VariableLayout, limits: TargetLimits): void {
  const limit = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  for (const [arena, bytes] of layout.arenas) {
    if (bytes <= limit) continue;
    const inside = variables.filter((variable) => variable.arena === arena);
    const data = inside.some(({ role }) => role === "data");
    throw new LimitError({
      where: inside.length === 1 ? (inside[0]?.name ?? arena) : arena,
      seen: `${inside.length === 1 ? "a tensor" : `${inside.length} tensors in one buffer`} of ${bytes} bytes`,
      wanted: `at most ${limit} bytes, this device's limit`,
      mend: data ? "Load a part of the data at a time, or smaller images." : "Use fewer or smaller layers.",
    });
  }
}

/** Bytes seen as the elements of a tensor. */
export function typed(bytes: ArrayBuffer, dtype: DType): TensorData {
  if (dtype === "f32") return new Float32Array(bytes);
  if (dtype === "i32") return new Int32Array(bytes);
  return dtype === "u32" ? new Uint32Array(bytes) : new Uint8Array(bytes);
}
