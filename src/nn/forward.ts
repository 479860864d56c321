import { TrainingError } from "../core/errors.ts";
import { checkNames, checkWhole } from "../core/options.ts";
import type { Shape } from "../core/types.ts";
import { CommandGraph } from "../gpu/commandGraph.ts";
import type { BufferRange, CommandEncoder } from "../gpu/lent.ts";
import { plan } from "../passes/index.ts";
import type { Compiled } from "./compile.ts";
import type { Model } from "./model.ts";
import { predictStep } from "./steps.ts";

export interface ForwardOptions {
  /** Examples of a pass. Default 1. */
  readonly batchSize?: number;
  /**
   * Where the examples lie, as f32 [batchSize, ..input shape], dense, channels last: a buffer of the app's with usage
   * STORAGE, on the model's device. Default: a buffer of the pass's own, which whoever likes may write.
   */
  readonly x?: BufferRange;
  /** Where the result goes, a buffer of the app's too. Default: a buffer of the pass's own. */
  readonly y?: BufferRange;
}

/**
 * A forward pass on buffers that lie on the GPU and stay there: no copy on the way in, none on the way out, and nobody
 * waits. It reads the weights as they are when its commands run, so that a model that trains beside it shows what it
 * has learned by then.
 * @example
 * const forward = await model.forward({ batchSize: 1 });
 * gpu.device.queue.writeBuffer(forward.x.buffer, forward.x.offset, new Float32Array(28 * 28));
 * const encoder = gpu.device.createCommandEncoder();
 * forward.encode(encoder); // between passes of the app's, which may fill forward.x and draw from forward.y
 * gpu.device.queue.submit([encoder.finish()]);
 */
export class Forward {
  /** [batchSize, ..input shape], the shape of `x`. */
  readonly inputShape: Shape;
  /** [batchSize, ..output shape], the shape of `y`. */
  readonly outputShape: Shape;
  /** Where the examples lie, f32. A buffer of its own has usages STORAGE, COPY_DST and COPY_SRC. */
  readonly x: Required<BufferRange>;
  /**
   * Where the result lies from the run of the commands on until the next run of this pass: f32, for bind groups, vertex
   * buffers or copies of the app's. A buffer of its own has usages STORAGE, VERTEX, COPY_DST and COPY_SRC.
   */
  readonly y: Required<BufferRange>;
  readonly #model: Model;
  readonly #compiled: Compiled;
  readonly #commands: CommandGraph;
  #disposed = false;

  private constructor(model: Model, commands: CommandGraph) {
    this.#model = model;
    this.#compiled = model.compiled;
    this.#commands = commands;
    this.x = commands.inputRange("x");
    this.y = commands.outputRange("y");
    this.inputShape = commands.plan.inputs.x?.type.shape ?? [];
    this.outputShape = commands.plan.outputs.y?.type.shape ?? [];
  }

  /** See `model.forward`. */
  static async create(model: Model, options: ForwardOptions): Promise<Forward> {
    checkNames("forward", options, ["batchSize", "x", "y"]);
    const { batchSize = 1, x, y } = options;
    const lent = { ...(x && { x }), ...(y && { y }) };
    checkWhole("forward", "batchSize", batchSize);
    const { state, store, target, tuning, onCompile } = model.compiled;
    const graph = predictStep(model, state, batchSize);
    await tuning?.settle(graph, store.layout);
    const planned = plan(graph, store.layout, target, { ownOutputs: true });
    return new Forward(model, await CommandGraph.compile(planned, store, { lent, onProgress: onCompile }));
  }

  /**
   * Records the pass into an encoder of the app's, between its passes; it is submitted with the rest.
   *
   * @throws GraphError on anything but a command encoder; TrainingError where the model was compiled again; DeviceError
   *   where the device failed
   */
  encode(encoder: CommandEncoder): void {
    this.#live().encode(encoder);
  }

  /** Submits a pass, and does not wait for it. @throws as `encode` */
  run(): void {
    this.#live().run();
  }

  /** The result of the last pass, read from the GPU: for a look; `y` needs no reading. */
  async read(): Promise<Float32Array> {
    return (await this.#live().read("y")) as Float32Array;
  }

  /** Frees its own buffers; those of the app stay. */
  dispose(): void {
    this.#disposed = true;
    this.#commands.dispose();
  }

  /** The commands, as long as the weights that they read are the model's. */
  #live(): CommandGraph {
    const disposed = this.#disposed;
    if (!disposed && this.#model.compiled === this.#compiled) return this.#commands;
    throw new TrainingError({
      where: "forward",
      seen: disposed ? "a pass that was disposed" : "a model that was compiled again or moved to another device",
      wanted: "the weights that the pass was made for",
      mend: "Make a new one: await model.forward({ .. }).",
    });
  }
}
