import { GraphError, TrainingError } from "../core/errors.ts";
import type { Dataset } from "../data/imageDataset.ts";
import type { CommandEncoder } from "../gpu/lent.ts";
import { checkNames, checkNumber } from "../ops/options.ts";
import { orAborted } from "./abort.ts";
import type { Compiled } from "./compile.ts";
import type { Model } from "./model.ts";
import { Pace } from "./pace.ts";
import type { Profile } from "./profile.ts";
import { profileStep } from "./profileStep.ts";
import { Recovery, type RecoveryOptions } from "./recovery.ts";
import { historyLength } from "./state.ts";
import { courseOf, Stepper } from "./stepper.ts";

export interface TrainerOptions extends RecoveryOptions {
  /** Default 32. */
  readonly batchSize?: number;
  /** Default true: another permutation each epoch, drawn from the seed. */
  readonly shuffle?: boolean;
  /** Epochs that are done already: training begins with the next one. Default 0. */
  readonly initialEpoch?: number;
  /** Steps of that next epoch that are done already: `model.epochStep` of a checkpoint. Default 0. */
  readonly initialStep?: number;
  /** Gives up while steps are compiled: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface StepOptions {
  /** Milliseconds of the GPU's time that a call may fill. Default: one step, however long it takes. */
  readonly budgetMs?: number;
}

export interface IdleOptions {
  /** Ends the waiting, not the steps: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ProfileOptions {
  /** Steps to time. Default: as many as half a second of the GPU's time holds, from 5 to 50. */
  readonly steps?: number;
}

const trainerOptions = ["batchSize", "shuffle", "initialEpoch", "initialStep", "snapshotEvery", "recover", "signal"];

/**
 * Training by the step, for those who have a loop of their own; `fit` is made of it. A step is submitted and not waited
 * for: what waits says so by being a promise. Epochs follow one another without end.
 *
 * With `snapshotEvery` it outlives its device: while that is being replaced `step` submits nothing, and what is awaited
 * takes longer. The device is then another, `model.gpu`; data sets follow when they are next used. To end a
 * training for good call `dispose` of it, the model or the Gpu: that is no loss, and nothing is replaced.
 * @example
 * const trainer = await model.trainer(data, { batchSize: 16, snapshotEvery: 100 });
 * while (trainer.epoch === 1) {
 *   trainer.step({ budgetMs: 8 });
 *   await new Promise(requestAnimationFrame); // the page draws
 * }
 * console.log("loss", await trainer.loss());
 * trainer.dispose();
 */
export class Trainer {
  readonly #stepper: Stepper;
  #recovery: Recovery | null;
  readonly #pace = new Pace();
  #disposed = false;

  private constructor(stepper: Stepper, recovery: Recovery | null) {
    this.#stepper = stepper;
    this.#recovery = recovery;
  }

  /** Compiles the step where that is not done yet; see `model.trainer`. */
  static async create(model: Model, data: Dataset, options: TrainerOptions): Promise<Trainer> {
    checkNames("trainer", options, trainerOptions);
    const { shuffle = true, initialEpoch = 0, initialStep = 0, snapshotEvery, signal } = options;
    const wanted = checkCount("trainer", "batchSize", options.batchSize ?? 32);
    if (initialEpoch !== 0) checkCount("trainer", "initialEpoch", initialEpoch);
    if (snapshotEvery !== undefined) checkCount("trainer", "snapshotEvery", snapshotEvery);
    const course = courseOf(model, data, wanted, shuffle);
    const { stepsPerEpoch } = course;
    const isStep = (value: number) => Number.isInteger(value) && value >= 0 && value < stepsPerEpoch;
    checkNumber("trainer", "initialStep", initialStep, isStep, `a whole number below ${stepsPerEpoch}`);
    const stepper = await orAborted(Stepper.create(course, initialEpoch, initialStep), signal);
    const trainer = new Trainer(stepper, await Recovery.begin(stepper, options));
    if (signal?.aborted) {
      trainer.dispose();
      throw signal.reason;
    }
    return trainer;
  }

  /** Examples of a step. */
  get batchSize(): number {
    return this.#stepper.course.batchSize;
  }

  get stepsPerEpoch(): number {
    return this.#stepper.course.stepsPerEpoch;
  }

  /** Number of the epoch that the next step is of, from 1. */
  get epoch(): number {
    return this.#stepper.epoch;
  }

  /**
   * Submits a training step. With `budgetMs`, as many as the GPU is done with in that time, judged by earlier ones:
   * none while those of earlier calls still fill it, and one where a single step takes longer. For a render loop.
   *
   * @returns how many steps were submitted; 0 while a lost device is being replaced
   * @throws DeviceError where the device failed; TrainingError where the model was compiled again
   */
  step(options: StepOptions = {}): number {
    checkNames("trainer/step", options, ["budgetMs"]);
    const { budgetMs } = options;
    if (budgetMs !== undefined) checkNumber("trainer/step", "budgetMs", budgetMs, (ms) => ms > 0, "above 0");
    if (this.isRestoring) return 0;
    const { gpu } = this.#live();
    if (budgetMs === undefined) {
      this.submit();
      return 1;
    }
    const from = performance.now();
    const room = this.#pace.room(budgetMs);
    let steps = 0;
    for (; steps < room && (steps === 0 || performance.now() - from < budgetMs); steps++) this.submit();
    if (steps > 0) {
      const done = this.#pace.submitted(steps, from);
      const tell = () => done(performance.now());
      // A device that failed is told of by the next step.
      gpu.device.queue.onSubmittedWorkDone().then(tell, tell);
    }
    return steps;
  }

  /**
   * Records the next training step into an encoder of the caller's, between its passes, and submits nothing: for apps
   * that have a submit of their own. Any number of steps may be recorded before one; they are done in the order in
   * which they are submitted, which must be that in which they were recorded, before `step`, `idle`, `loss` or the end
   * of the training. With `snapshotEvery`, snapshots of such steps are taken in `idle`: await it now and then, which
   * keeps the CPU from running far ahead, too.
   *
   *     const encoder = gpu.device.createCommandEncoder();
   *     trainer.encode(encoder);
   *     renderer.encode(encoder);
   *     gpu.device.queue.submit([encoder.finish()]);
   *
   * @returns false, with nothing recorded, while a lost device is being replaced
   * @throws GraphError on anything but a command encoder; DeviceError and TrainingError as `step`
   */
  encode(encoder: CommandEncoder): boolean {
    if (this.isRestoring) return false;
    this.#live();
    (this.#recovery ?? this.#stepper).encode(encoder, this.#stepper.scheduledRate);
    return true;
  }

  /**
   * Resolves when all steps that were submitted are done, on another device if need be.
   * @throws DeviceError where the device failed on the way, and was not to be replaced
   */
  async idle(options: IdleOptions = {}): Promise<void> {
    checkNames("trainer/idle", options, ["signal"]);
    await orAborted(
      this.survive(async () => {
        const { gpu } = this.#live();
        this.#recovery?.takeIfDue();
        await gpu.idle();
      }),
      options.signal,
    );
  }

  /** Loss of the last step that was submitted, when that is done. @throws TrainingError before the first step */
  async loss(): Promise<number> {
    const stepper = this.#stepper;
    if (stepper.steps === 0) {
      throw new TrainingError({ where: "trainer/loss", seen: "no step", wanted: "one or more: trainer.step()" });
    }
    return this.survive(async () => {
      this.#live();
      const at = (stepper.course.model.stepsDone - 1) % historyLength;
      return (await stepper.commands.read("history"))[at] ?? Number.NaN;
    });
  }

  /**
   * Takes a step apart: what each dispatch, layer and kernel takes by the GPU's clock, beside what the device could do
   * at best, measured too, and the memory over the step. The steps that are timed leave no trace: training goes on bit
   * for bit as without. `showProfile` makes a table of it, `chromeTrace` a file for Perfetto.
   *
   * @throws DeviceError where the device has no `timestamp-query`
   */
  async profile(options: ProfileOptions = {}): Promise<Profile> {
    const { store } = this.#live();
    checkNames("trainer/profile", options, ["steps"]);
    if (options.steps !== undefined) checkCount("trainer/profile", "steps", options.steps);
    const stepper = this.#stepper;
    return profileStep({
      model: stepper.course.model.name ?? "model",
      batchSize: this.batchSize,
      commands: stepper.commands,
      store,
      // Times do not depend on the rate, and a schedule may go by its calls.
      write: () => stepper.write(stepper.commands, 0, 0),
      steps: options.steps,
    });
  }

  /**
   * Submits one step, for loops that read as they go, such as `fit`'s. With `read`, a reading rides along where fewer
   * than two are under way: losses of the last steps, their sum over the epoch, and [right, rows]. The learning rate is
   * that of the optimizer's schedule unless given. To be called only while the device is not being replaced.
   */
  submit({ read = false, learningRate = this.#stepper.scheduledRate } = {}): Promise<ArrayBuffer[]> | null {
    this.#live();
    return (this.#recovery ?? this.#stepper).run(learningRate, read);
  }

  /** Whether a lost device is being replaced. @throws DeviceError where there is no other to be had */
  get isRestoring(): boolean {
    return this.#recovery?.isRestoring ?? false;
  }

  /** Does what waits for the device, such as an evaluation; where that is lost on the way, again on the next. */
  survive<T>(work: () => Promise<T>): Promise<T> {
    return this.#recovery ? this.#recovery.survive(work) : work();
  }

  /** Frees the memory of readings and snapshots; the model and what it has learned stay. No step comes after this. */
  dispose(): void {
    this.#disposed = true;
    this.#stepper.dispose();
    this.#recovery?.dispose();
    this.#recovery = null;
  }

  /** What the model was compiled to, as long as it still is, on a device that still works. */
  #live(): Compiled {
    if (this.#disposed) {
      throw new TrainingError({ where: "trainer", seen: "a trainer that was disposed", wanted: "one that was not" });
    }
    const compiled = this.#stepper.live();
    compiled.gpu.check();
    return compiled;
  }
}

/** An option that counts something. @throws GraphError below 1 */
export function checkCount(where: string, name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1) {
    throw new GraphError({ where, seen: `${name} ${value}`, wanted: "a whole number of at least 1" });
  }
  return value;
}
