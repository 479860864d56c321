import { TrainingError } from "../core/errors.ts";
import { checkMade, checkNames, checkNumber, checkWhole } from "../core/options.ts";
import { checkDataset, type Dataset } from "../data/imageDataset.ts";
import type { CommandEncoder } from "../gpu/lent.ts";
import { orAborted } from "./abort.ts";
import type { Model } from "./model.ts";
import { Pace } from "./pace.ts";
import type { Recoverer, Recovery } from "./recovery.ts";
import { historyLength } from "./state.ts";
import { courseOf, Stepper } from "./stepper.ts";

export interface TrainerOptions {
  /** Default 32. */
  readonly batchSize?: number;
  /** Default true: another permutation each epoch, drawn from the seed. */
  readonly shuffle?: boolean;
  /** Epochs that are done already: training begins with the next one. Default 0. */
  readonly initialEpoch?: number;
  /** Steps of that next epoch that are done already: `model.epochStep` of a checkpoint. Default 0. */
  readonly initialStep?: number;
  /** `recovery()`: the training outlives the loss of its device. Default: a lost device ends it. */
  readonly recovery?: Recoverer | null;
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

const trainerOptions = ["batchSize", "shuffle", "initialEpoch", "initialStep", "recovery", "signal"];

/**
 * Training by the step, for those who have a loop of their own; `fit` is made of it. A step is submitted and not waited
 * for: what waits says so by being a promise. Epochs follow one another without end.
 *
 * With `recovery()` it outlives its device: while that is being replaced `step` submits nothing, and what is awaited
 * takes longer. The device is then another, `model.gpu`; data sets follow when they are next used. To end a
 * training for good call `dispose` of it, the model or the Gpu: that is no loss, and nothing is replaced.
 * @example
 * const trainer = await model.trainer(data, { batchSize: 16, recovery: recovery() });
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
    checkDataset("trainer", data);
    const { shuffle = true, initialEpoch = 0, initialStep = 0, recovery = null, signal } = options;
    const wanted = checkWhole("trainer", "batchSize", options.batchSize ?? 32);
    checkWhole("trainer", "initialEpoch", initialEpoch, 0);
    checkMade("trainer", "recovery", recovery, !!recovery?.begin);
    const course = courseOf(model, data, wanted, shuffle);
    const { stepsPerEpoch } = course;
    checkWhole("trainer", "initialStep", initialStep, 0, stepsPerEpoch - 1);
    const stepper = await orAborted(Stepper.create(course, initialEpoch, initialStep), signal);
    const trainer = new Trainer(stepper, (await recovery?.begin(stepper)) ?? null);
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
    const { gpu } = this.stepper.live();
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
   * of the training. With `recovery()`, snapshots of such steps are taken in `idle`: await it now and then, which
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
    const { stepper } = this;
    (this.#recovery ?? stepper).encode(encoder, stepper.scheduledRate);
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
        const { gpu } = this.stepper.live();
        this.#recovery?.takeIfDue();
        await gpu.idle();
      }),
      options.signal,
    );
  }

  /** Loss of the last step that was submitted, when that is done. @throws TrainingError before the first step */
  async loss(): Promise<number> {
    if (this.#stepper.steps === 0) {
      throw new TrainingError({ where: "trainer/loss", seen: "no step", wanted: "one or more: trainer.step()" });
    }
    return this.survive(async () => {
      const { stepper } = this;
      const at = (stepper.course.model.stepsDone - 1) % historyLength;
      return (await stepper.commands.read("history"))[at] ?? Number.NaN;
    });
  }

  /**
   * Submits one step, for loops that read as they go, such as `fit`'s. With `read`, a reading rides along where fewer
   * than two are under way: losses of the last steps, their sum over the epoch, and [right, rows]. The learning rate is
   * that of the optimizer's schedule unless given. To be called only while the device is not being replaced.
   */
  submit({ read = false, learningRate = this.#stepper.scheduledRate } = {}): Promise<ArrayBuffer[]> | null {
    const { stepper } = this;
    return (this.#recovery ?? stepper).run(learningRate, read);
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

  /**
   * The steps, as long as they can be made: the model is as it was compiled, on a device that still works.
   * @internal
   */
  get stepper(): Stepper {
    if (this.#disposed) {
      throw new TrainingError({ where: "trainer", seen: "a trainer that was disposed", wanted: "one that was not" });
    }
    this.#stepper.live().gpu.check();
    return this.#stepper;
  }
}
