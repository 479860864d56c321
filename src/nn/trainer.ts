import { GraphError, TrainingError } from "../core/errors.ts";
import type { Dataset } from "../data/imageDataset.ts";
import type { CommandGraph } from "../gpu/commandGraph.ts";
import type { Readback } from "../gpu/readback.ts";
import { checkNames, checkNumber } from "../ops/options.ts";
import type { Compiled } from "./compile.ts";
import type { Model } from "./model.ts";
import { Pace } from "./pace.ts";
import type { Profile } from "./profile.ts";
import { profileStep } from "./profileStep.ts";
import { rateAt } from "./schedules.ts";
import { historyLength } from "./state.ts";

export interface TrainerOptions {
  /** Default 32. */
  readonly batchSize?: number;
  /** Default true: another permutation each epoch, drawn from the seed. */
  readonly shuffle?: boolean;
  /** Epochs that are done already: training begins with the next one. Default 0. */
  readonly initialEpoch?: number;
}

export interface StepOptions {
  /** Milliseconds of the GPU's time that a call may fill. Default: one step, however long it takes. */
  readonly budgetMs?: number;
}

export interface ProfileOptions {
  /** Steps to time. Default: as many as half a second of the GPU's time holds, from 5 to 50. */
  readonly steps?: number;
}

const trainerOptions = ["batchSize", "shuffle", "initialEpoch"];

/**
 * Training by the step, for those who have a loop of their own; `fit` is made of it. A step is submitted and not waited
 * for: what waits says so by being a promise. Epochs follow one another without end.
 *
 *     const trainer = await model.trainer(data, { batchSize: 64 });
 *     const onFrame = () => {
 *       trainer.step({ budgetMs: 8 });
 *       render();
 *       requestAnimationFrame(onFrame);
 *     };
 *     onFrame();
 */
export class Trainer {
  /** Examples of a step. */
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  readonly #model: Model;
  readonly #compiled: Compiled;
  readonly #commands: CommandGraph;
  /** Of the last batch of an epoch. */
  readonly #lastCommands: CommandGraph;
  readonly #shuffle: boolean;
  readonly #pace = new Pace();
  #epoch: number;
  /** Steps submitted, of the epoch and in all. */
  #step = 0;
  #steps = 0;

  private constructor(
    model: Model,
    [commands, lastCommands]: readonly [CommandGraph, CommandGraph],
    parts: { readonly batchSize: number; readonly stepsPerEpoch: number; readonly shuffle: boolean; epoch: number },
  ) {
    this.#model = model;
    this.#compiled = model.compiled;
    this.#commands = commands;
    this.#lastCommands = lastCommands;
    this.batchSize = parts.batchSize;
    this.stepsPerEpoch = parts.stepsPerEpoch;
    this.#shuffle = parts.shuffle;
    this.#epoch = parts.epoch;
  }

  /** Compiles the step where that is not done yet; see `model.trainer`. */
  static async create(model: Model, data: Dataset, options: TrainerOptions): Promise<Trainer> {
    checkNames("trainer", options, trainerOptions);
    const { shuffle = true, initialEpoch = 0 } = options;
    const wanted = checkCount("trainer", "batchSize", options.batchSize ?? 32);
    if (initialEpoch !== 0) checkCount("trainer", "initialEpoch", initialEpoch);
    // Rows that are not there do no harm, but in layers that mix examples: for those a smaller batch has its own graph.
    const mixes = model.mixesExamples;
    const batchSize = mixes ? Math.min(wanted, data.count) : wanted;
    const stepsPerEpoch = Math.ceil(data.count / batchSize);
    const lastBatch = mixes ? data.count - (stepsPerEpoch - 1) * batchSize : batchSize;
    const commands = await model.trainCommands(data, batchSize);
    const lastCommands = await model.trainCommands(data, lastBatch);
    return new Trainer(model, [commands, lastCommands], { batchSize, stepsPerEpoch, shuffle, epoch: initialEpoch + 1 });
  }

  /** Number of the epoch that the next step is of, from 1. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * Submits a training step. With `budgetMs`, as many as the GPU is done with in that time, judged by earlier ones: none
   * while those of earlier calls still fill it, and one where a single step takes longer. For a render loop.
   *
   * @returns how many steps were submitted
   * @throws DeviceError where the device failed; TrainingError where the model was compiled again
   */
  step(options: StepOptions = {}): number {
    checkNames("trainer/step", options, ["budgetMs"]);
    const { budgetMs } = options;
    if (budgetMs === undefined) {
      this.submit();
      return 1;
    }
    checkNumber("trainer/step", "budgetMs", budgetMs, (value) => value > 0, "above 0");
    const { gpu } = this.#live();
    const from = performance.now();
    const room = this.#pace.room(budgetMs);
    let steps = 0;
    for (; steps < room && (steps === 0 || performance.now() - from < budgetMs); steps++) this.submit();
    if (steps > 0) {
      const done = this.#pace.submitted(steps, from);
      // A device that failed is told of by the next step.
      gpu.idle().then(
        () => done(performance.now()),
        () => done(performance.now()),
      );
    }
    return steps;
  }

  /** Resolves when all steps that were submitted are done. @throws DeviceError where the device failed on the way */
  async idle(): Promise<void> {
    await this.#live().gpu.idle();
  }

  /** Loss of the last step that was submitted, when that is done. @throws TrainingError before the first step */
  async loss(): Promise<number> {
    this.#live();
    if (this.#steps === 0) {
      throw new TrainingError({ where: "trainer/loss", seen: "no step", wanted: "one or more: trainer.step()" });
    }
    const at = (this.#model.stepsDone - 1) % historyLength;
    return (await this.#commands.read("history"))[at] ?? Number.NaN;
  }

  /**
   * Takes a step apart: what each dispatch, layer and kernel takes by the GPU's clock, beside what the device could do at
   * best, measured too, and the memory over the step. The steps that are timed leave no trace: training goes on bit for
   * bit as without. `showProfile` makes a table of it, `chromeTrace` a file for Perfetto.
   *
   * @throws DeviceError where the device has no `timestamp-query`
   */
  async profile(options: ProfileOptions = {}): Promise<Profile> {
    const { store } = this.#live();
    checkNames("trainer/profile", options, ["steps"]);
    if (options.steps !== undefined) checkCount("trainer/profile", "steps", options.steps);
    return profileStep({
      model: this.#model.name ?? "model",
      batchSize: this.batchSize,
      commands: this.#commands,
      store,
      // Times do not depend on the rate, and a schedule may go by its calls.
      write: () => this.#write(this.#commands, 0, 0),
      steps: options.steps,
    });
  }

  /**
   * Submits one step, with a reading of it where the ring is ready: for loops that read as they go, such as `fit`'s.
   * The learning rate is that of the optimizer's schedule unless given.
   */
  submit(readback?: Readback, learningRate?: number): Promise<ArrayBuffer[]> | null {
    const { optimizer } = this.#live();
    const model = this.#model;
    if (this.#step === 0) model.resetTotals("trainTotals");
    const commands = this.#step === this.stepsPerEpoch - 1 ? this.#lastCommands : this.#commands;
    this.#write(commands, this.#step, learningRate ?? rateAt(optimizer.learningRate, model.stepsDone));
    const reading = commands.run(readback);
    model.stepsDone++;
    this.#steps++;
    this.#step++;
    if (this.#step === this.stepsPerEpoch) {
      model.epochsDone = this.#epoch;
      this.#epoch++;
      this.#step = 0;
    }
    return reading;
  }

  /** A ring for readings of `submit`: losses of the last steps, their sum over the epoch, and [right, rows]. */
  readback(depth: number): Readback {
    return this.#commands.readback(["history", "lossSum", "counts"], depth);
  }

  /** Writes the inputs of a step: `step` counts from 0 within the epoch. */
  #write(commands: CommandGraph, step: number, learningRate: number): void {
    const { optimizer, seed } = this.#compiled;
    const done = this.#model.stepsDone;
    commands.write("cursor", Uint32Array.of(step * this.batchSize, seed, this.#epoch, this.#shuffle ? 1 : 0));
    commands.write("hyper", optimizer.hyper(done + 1, learningRate));
    commands.write("step", Uint32Array.of(done));
  }

  /** What the model was compiled to, as long as it still is, on a device that still works. */
  #live(): Compiled {
    if (this.#model.compiled !== this.#compiled) {
      throw new TrainingError({
        where: "trainer",
        seen: "a model that was compiled again",
        wanted: "the weights that the trainer was made for",
        mend: "Make a new one: await model.trainer(data).",
      });
    }
    this.#compiled.gpu.check();
    return this.#compiled;
  }
}

/** An option that counts something. @throws GraphError below 1 */
export function checkCount(where: string, name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1) {
    throw new GraphError({ where, seen: `${name} ${value}`, wanted: "a whole number of at least 1" });
  }
  return value;
}
