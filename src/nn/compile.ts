import type { Target } from "../core/call.ts";
import { GraphError } from "../core/errors.ts";
import { checkMade, checkNames, checkWhole, showOption } from "../core/options.ts";
import { Turns } from "../core/turns.ts";
import { Gpu } from "../gpu/gpu.ts";
import type { Variables } from "../gpu/variables.ts";
import type { Recompute } from "../passes/index.ts";
import { Commands } from "./commands.ts";
import { type Loss, type LossName, lossOf } from "./losses.ts";
import type { Network } from "./network.ts";
import type { Optimizer } from "./optimizers.ts";
import type { TrainingMemory } from "./snapshot.ts";
import { copyWeights, initializeState, makeState, type State } from "./state.ts";
import type { Tuner, Tuning } from "./tuning.ts";

export interface CompileOptions {
  /** How parameters move: `sgd()`, `adam()`, .. */
  readonly optimizer: Optimizer;
  /** What is minimised: a name, or one of `losses`. */
  readonly loss: LossName | Loss;
  /** The device to train on; made by us unless given. */
  readonly gpu?: Gpu;
  /** Of the first weights, of the order of the data and of dropout. Default 0. */
  readonly seed?: number;
  /** `recompute()`: activations are made again instead of kept. Default: every activation is kept. */
  readonly recompute?: Recompute | null;
  /** `tune()`: which variants of its kernels are the fastest is measured on the device. Default: it is estimated. */
  readonly tune?: Tuner | null;
  /** How many pipelines are ready, of how many. */
  readonly onCompile?: (done: number, total: number) => void;
  /** Gives up: the promise is rejected with the signal's reason, and the model is as it was. */
  readonly signal?: AbortSignal;
}

/** What `compile` made. */
export interface Compiled extends Required<Pick<CompileOptions, "optimizer" | "gpu" | "seed">> {
  readonly loss: Loss;
  readonly state: State;
  readonly store: Variables;
  readonly commands: Commands;
  readonly recompute: Recompute | null;
  /** Null where the choice of kernels goes by estimates. */
  readonly tuning: Tuning | null;
  /** What kernels are chosen for. */
  readonly target: Target;
  readonly onCompile: CompileOptions["onCompile"];
  readonly memory: TrainingMemory;
  /** Evaluations share their totals. */
  readonly evaluations: Turns;
}

/** Gives the weights of a network their place on the GPU and their first values; see `Model.compile`. */
export async function compile(network: Network, options: CompileOptions, before: Compiled | null): Promise<Compiled> {
  checkNames("compile", options, ["optimizer", "loss", "gpu", "seed", "recompute", "tune", "onCompile", "signal"]);
  const { optimizer, loss, seed = 0, recompute = null, tune = null, onCompile, signal } = options;
  checkMade("compile", "recompute", recompute, !!recompute?.pass);
  checkMade("compile", "tune", tune, !!tune?.begin);
  checkWhole("compile", "seed", seed, 0, 0xffff_ffff);
  const minimized = lossOf(loss);
  checkParts(network, optimizer, options.gpu);
  signal?.throwIfAborted();
  const gpu = options.gpu ?? before?.gpu ?? (await Gpu.create());
  const tuning = (await tune?.begin(gpu)) ?? null;
  const { target } = tuning ?? gpu;
  const state = makeState(network, optimizer);
  const store = await initializeState(gpu, state, seed);
  if (before) await copyWeights(before, { state, store });
  if (signal?.aborted) {
    store.dispose();
    if (gpu !== options.gpu && gpu !== before?.gpu) gpu.dispose();
    throw signal.reason;
  }
  const commands = new Commands({ store, tuning, target, onCompile });
  const kernels = { recompute, tuning, target, onCompile };
  const memory = { loads: 0, snapshot: null, watched: null, fit: null, resumed: null };
  return {
    optimizer,
    loss: minimized,
    gpu,
    seed,
    state,
    store,
    commands,
    ...kernels,
    memory,
    evaluations: new Turns(),
  };
}

/**
 * The same on another device, for one that is lost: the weights have their place there, with what the host knows of their
 * values, and graphs are compiled anew.
 */
export async function moveCompiled(compiled: Compiled, gpu: Gpu): Promise<Compiled> {
  const { store, onCompile } = compiled;
  const tuning = (await compiled.tuning?.on(gpu)) ?? null;
  const { target } = tuning ?? gpu;
  compiled.commands.dispose();
  store.moveTo(gpu);
  return { ...compiled, gpu, tuning, target, commands: new Commands({ store, tuning, target, onCompile }) };
}

/** What a program in JavaScript may get wrong, before anything is made of it. */
function checkParts(network: Network, optimizer: Optimizer, gpu: Gpu | undefined): void {
  const wrong = (seen: string, wanted: string, mend?: string) => {
    return new GraphError({ where: "compile", seen, wanted, ...(mend ? { mend } : {}) });
  };
  if (typeof optimizer?.update !== "function") {
    throw wrong(`optimizer ${showOption(optimizer)}`, "what sgd(), adam() and the like give");
  }
  if (gpu && !(gpu instanceof Gpu)) throw wrong("a gpu that is none", "a Gpu", "Gpu.from(device) makes one.");
  const { inputs, outputs } = network;
  if (inputs.length !== 1 || outputs.length !== 1) {
    const mend = "Several may become one by concatenate().";
    throw wrong(`a model of ${inputs.length} inputs and ${outputs.length} outputs`, "one of each, to train", mend);
  }
}
