import { TrainingError } from "../core/errors.ts";
import type { Dataset } from "../data/imageDataset.ts";
import type { CommandGraph } from "../gpu/commandGraph.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { CommandEncoder } from "../gpu/lent.ts";
import type { Readback } from "../gpu/readback.ts";
import { checkAlive } from "./commands.ts";
import type { Compiled } from "./compile.ts";
import type { Model } from "./model.ts";
import { rateAt } from "./schedules.ts";
import type { TrainingSnapshot } from "./snapshot.ts";

/** Which steps are made of a data set, and from where on. */
export interface Course {
  readonly model: Model;
  readonly data: Dataset;
  /** Examples of a step, and of the last of an epoch, where that has a graph of its own. */
  readonly batchSize: number;
  readonly lastBatch: number;
  readonly stepsPerEpoch: number;
  readonly shuffle: boolean;
}

/** The graphs of a step: the usual one, and that of the last of an epoch. */
type StepCommands = readonly [usual: CommandGraph, last: CommandGraph];

/** Readings that may be under way at one time. */
export const readingsAhead = 2;

/** Batches of a data set. Rows that are not there do no harm, but in layers that mix examples: those get a smaller one. */
export function courseOf(model: Model, data: Dataset, wantedBatch: number, shuffle: boolean): Course {
  const mixes = model.mixesExamples || data.isExact;
  const batchSize = mixes ? Math.min(wantedBatch, data.count) : wantedBatch;
  const stepsPerEpoch = Math.ceil(data.count / batchSize);
  const lastBatch = mixes ? data.count - (stepsPerEpoch - 1) * batchSize : batchSize;
  return { model, data, batchSize, lastBatch, stepsPerEpoch, shuffle };
}

/** Puts one training step behind the other: each is told which batch it is, its learning rate, and how many were before. */
export class Stepper {
  readonly course: Course;
  /** Steps submitted or recorded since it was made. */
  steps = 0;
  #compiled: Compiled;
  #commands: StepCommands;
  #ring: Readback | null = null;
  #epoch: number;
  #step: number;

  private constructor(course: Course, commands: StepCommands, epoch: number, step: number) {
    this.course = course;
    this.#compiled = course.model.compiled;
    this.#commands = commands;
    this.#epoch = epoch;
    this.#step = step;
  }

  /** Compiles the steps where that is not done yet, to begin after `epochsDone` epochs and `stepsDone` steps of the next. */
  static async create(course: Course, epochsDone: number, stepsDone: number): Promise<Stepper> {
    return new Stepper(course, await compileSteps(course), epochsDone + 1, stepsDone);
  }

  /** Number of the epoch under way. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Steps of it that are done. */
  get epochStep(): number {
    return this.#step;
  }

  /** The graph of the usual step. */
  get commands(): CommandGraph {
    return this.#commands[0];
  }

  /** What the model was compiled to. @throws TrainingError where that is not what the steps were made for any more */
  live(): Compiled {
    checkAlive(this.course.data);
    if (this.course.model.compiled === this.#compiled) return this.#compiled;
    throw new TrainingError({
      where: "trainer",
      seen: "a model that was compiled again or moved to another device",
      wanted: "the weights that the trainer was made for",
      mend: "Make a new one: await model.trainer(data).",
    });
  }

  /** Learning rate of the next step by the optimizer's schedule. */
  get scheduledRate(): number {
    return rateAt(this.live().optimizer.learningRate, this.course.model.stepsDone);
  }

  /**
   * Submits the next step. With `read`, a reading rides along: losses of the last steps, their sum over the epoch, and
   * [right, rows]; null while too many are under way.
   */
  run(learningRate: number, read: boolean): Promise<ArrayBuffer[]> | null {
    if (this.#step === 0) this.course.model.resetTotals("trainTotals");
    const commands = this.#next;
    this.write(commands, this.#step, learningRate);
    if (read) this.#ring ??= this.commands.readback(["history", "lossSum", "counts"], readingsAhead);
    const reading = commands.run(read ? (this.#ring ?? undefined) : undefined);
    this.#advance();
    return reading;
  }

  /** Records the next step into an encoder of the caller's. */
  encode(encoder: CommandEncoder, learningRate: number): void {
    const { store, state } = this.live();
    const commands = this.#next;
    if (this.#step === 0) store.encodeZeros(encoder, Object.values(state.trainTotals));
    commands.encode(encoder, this.#inputs(this.#step, learningRate));
    this.#advance();
  }

  /** Writes the inputs of a step: `step` counts from 0 within the epoch. */
  write(commands: CommandGraph, step: number, learningRate: number): void {
    for (const [name, data] of Object.entries(this.#inputs(step, learningRate))) commands.write(name, data);
  }

  /** Goes over to another device, and back to a snapshot and the epoch that was under way then. */
  async moveTo(gpu: Gpu, snapshot: TrainingSnapshot, epoch: number): Promise<void> {
    const { model } = this.course;
    this.live();
    await model.moveTo(gpu, snapshot);
    this.#compiled = model.compiled;
    this.#ring = null;
    this.#epoch = epoch;
    this.#step = snapshot.position.epochStep;
    this.#commands = await compileSteps(this.course);
  }

  dispose(): void {
    this.#ring?.dispose();
    this.#ring = null;
  }

  get #next(): CommandGraph {
    return this.#commands[this.#step === this.course.stepsPerEpoch - 1 ? 1 : 0];
  }

  #inputs(step: number, learningRate: number) {
    const { batchSize, shuffle, model } = this.course;
    const { optimizer, seed } = this.#compiled;
    const done = model.stepsDone;
    return {
      cursor: Uint32Array.of(step * batchSize, seed, this.#epoch, shuffle ? 1 : 0),
      hyper: optimizer.hyper(done + 1, learningRate),
      step: Uint32Array.of(done),
    };
  }

  #advance(): void {
    const { model, stepsPerEpoch } = this.course;
    model.stepsDone++;
    this.steps++;
    this.#step++;
    if (this.#step === stepsPerEpoch) {
      model.epochsDone = this.#epoch;
      this.#epoch++;
      this.#step = 0;
    }
    model.epochStep = this.#step;
  }
}

async function compileSteps({ model, data, batchSize, lastBatch }: Course): Promise<StepCommands> {
  return [await model.trainCommands(data, batchSize), await model.trainCommands(data, lastBatch)];
}
