import { DeviceError, GraphError } from "../core/errors.ts";
import { checkNames, checkWhole } from "../core/options.ts";
import { Gpu } from "../gpu/gpu.ts";
import { copyArenas, HostCopies } from "../gpu/hostCopy.ts";
import type { CommandEncoder } from "../gpu/lent.ts";
import type { TrainingMemory, TrainingSnapshot } from "./snapshot.ts";
import type { Stepper } from "./stepper.ts";

export interface RecoveryOptions {
  /** Steps from one copy of the training in host memory to the next; none is waited for. Default 50. */
  readonly snapshotEvery?: number;
  /**
   * Where another device comes from. Default: the browser is asked for one like the lost one. Wanted for a borrowed device
   * (`Gpu.from`), which only the app can replace.
   */
  readonly recover?: (lost: DeviceError) => Promise<Gpu>;
}

/** Begins the recovery of a training; what `recovery()` gives. */
export interface Recoverer {
  /** @internal */
  begin(stepper: Stepper): Promise<Recovery>;
}

/**
 * A training that outlives its device, for `fit({ recovery })` and `trainer(data, { recovery })`: a copy of it is kept in
 * host memory, and where the device is lost, the steps since the last copy are made again on another device: bit for bit,
 * where that is of the same kind.
 *
 * @throws GraphError on options that are none; where the training begins, on a borrowed device without `recover`
 * @example
 * await model.fit(data, { epochs: 1, recovery: recovery({ snapshotEvery: 100 }) });
 */
export function recovery(options: RecoveryOptions = {}): Recoverer {
  checkNames("recovery", options, ["snapshotEvery", "recover"]);
  const { snapshotEvery = 50, recover } = options;
  checkWhole("recovery", "snapshotEvery", snapshotEvery);
  return { begin: (stepper) => Recovery.begin(stepper, snapshotEvery, recover) };
}

/** A step that the loss of the device would undo. */
interface LoggedStep {
  readonly learningRate: number;
  /** What was read with it, on the device of now; null where nothing was, or it has come in. */
  bytes: Promise<ArrayBuffer[]> | null;
}

/** A snapshot, and what else it takes to go on from there. */
interface Kept extends TrainingSnapshot {
  /** Number of the epoch under way. */
  readonly epoch: number;
  readonly loads: number;
}

/** Steps that are made again before the page may draw. */
const stepsAhead = 16;

/** Waits in ms before the browser is asked for a device, one time after the other: its GPU process may be starting. */
const askAfterMs = [0, 500, 2000];

/** A training that loses so many devices between two snapshots may be what kills them. */
const mostLosses = 3;

/**
 * Carries a training over the loss of its device: snapshots in host memory, a log of the steps since the last one, and
 * the way to make these again elsewhere. Random numbers come from (seed, epoch, step), so they are the same again.
 */
export class Recovery {
  readonly #stepper: Stepper;
  readonly #memory: TrainingMemory;
  readonly #every: number;
  readonly #recover: RecoveryOptions["recover"];
  #copies: HostCopies;
  #copying = false;
  #kept: Kept;
  /** Steps since `#kept`. */
  #log: LoggedStep[] = [];
  /** Steps and loads before the last snapshot that was begun. */
  #begun: { readonly steps: number; readonly loads: number };
  #losses = 0;
  #disposed = false;
  #restoring: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;

  private constructor(stepper: Stepper, every: number, recover: RecoveryOptions["recover"], kept: Kept) {
    const { store, memory } = stepper.live();
    this.#stepper = stepper;
    this.#memory = memory;
    this.#every = every;
    this.#recover = recover;
    this.#copies = new HostCopies(store);
    this.#kept = kept;
    this.#begun = { steps: stepper.steps, loads: kept.loads };
    memory.snapshot = kept;
  }

  /** Takes the first snapshot, so that there always is one. */
  static async begin(stepper: Stepper, every: number, recover: RecoveryOptions["recover"]): Promise<Recovery> {
    const { gpu, store } = stepper.live();
    if (gpu.isBorrowed && !recover) {
      throw new GraphError({
        where: "trainer",
        seen: "recovery on a borrowed device",
        wanted: "recovery({ recover: async () => another Gpu }), since only the app can replace its device",
      });
    }
    return new Recovery(stepper, every, recover, { ...standingOf(stepper), values: await copyArenas(store) });
  }

  /**
   * True while the device is being replaced, which begins when it is seen here that it is lost.
   * @throws DeviceError where there is no other to be had
   */
  get isRestoring(): boolean {
    if (this.#failure) throw this.#failure.error;
    if (!this.#restoring && this.#stepper.live().gpu.isLost) {
      this.#restoring = this.#restore()
        .catch((error: unknown) => {
          this.#failure = { error };
        })
        .finally(() => {
          this.#restoring = null;
        });
    }
    return this.#restoring !== null;
  }

  /** Submits a step of the stepper's; a reading of it comes in also where the device is lost before. */
  run(learningRate: number, read: boolean): Promise<ArrayBuffer[]> | null {
    this.takeIfDue();
    const bytes = this.#stepper.run(learningRate, read);
    const step = this.#add(learningRate, bytes);
    return bytes && this.#read(step);
  }

  /** Records a step of the stepper's into an encoder of the caller's. */
  encode(encoder: CommandEncoder, learningRate: number): void {
    this.#stepper.encode(encoder, learningRate);
    this.#add(learningRate, null);
  }

  /** Does what waits for the device; where that is lost on the way, again on the next. */
  async survive<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      while (this.isRestoring) await this.#restoring;
      try {
        return await work();
      } catch (error) {
        if (!this.isRestoring) throw error;
      }
    }
  }

  /** Begins a snapshot of what was submitted so far, where one is due and none is under way. */
  takeIfDue(): void {
    const { steps } = this.#stepper;
    const { loads } = this.#memory;
    const isLoaded = loads !== this.#begun.loads;
    if (this.#copying || (steps - this.#begun.steps < this.#every && !isLoaded)) return;
    this.#begun = { steps, loads };
    this.#copying = true;
    // Weights that do not learn are as they were, unless others were loaded.
    const { arenas } = this.#stepper.live().store.layout;
    const changed = [...arenas.keys()].filter((arena) => isLoaded || arena !== "frozen");
    // A copy that breaks off leaves the last one; that the device is lost is seen by the next step.
    this.#keep(this.#copies, standingOf(this.#stepper), changed).catch(() => {});
  }

  /** Ends it: a device that is lost from now on is not replaced. The last snapshot stays where it alone is left. */
  dispose(): void {
    this.#disposed = true;
    this.#copies.dispose();
    if (!this.#failure) this.#memory.snapshot = null;
  }

  async #keep(copies: HostCopies, standing: Omit<Kept, "values">, arenas: readonly string[]): Promise<void> {
    const before = this.#log.slice();
    const values = await copies.take(arenas);
    // Readings of earlier steps must not be left to a log that does not know these any more.
    await Promise.all(before.map(({ bytes }) => bytes));
    if (copies !== this.#copies) return;
    this.#kept = { ...standing, values: new Map([...this.#kept.values, ...values]) };
    this.#memory.snapshot = this.#kept;
    this.#log.splice(0, before.length);
    this.#losses = 0;
    this.#copying = false;
  }

  #add(learningRate: number, bytes: Promise<ArrayBuffer[]> | null): LoggedStep {
    const step = { learningRate, bytes };
    this.#log.push(step);
    return step;
  }

  #read(step: LoggedStep): Promise<ArrayBuffer[]> {
    return this.survive(async () => (await step.bytes) ?? []).finally(() => {
      step.bytes = null;
    });
  }

  /** Replaces the device and makes the logged steps again. */
  async #restore(): Promise<void> {
    const { gpu: old, store } = this.#stepper.live();
    const lost = await old.lost;
    // A copy of the lost device that still comes in finds that it is not wanted.
    this.#copies = new HostCopies(store);
    this.#copying = false;
    this.#losses++;
    if (this.#losses > mostLosses) {
      throw this.#end(`a GPU device that was lost ${this.#losses} times since the last snapshot`, lost);
    }
    if (this.#memory.loads !== this.#kept.loads) {
      throw this.#end("a GPU device that was lost after weights were loaded, before the next snapshot", lost);
    }
    const gpu = await this.#another(old, lost);
    try {
      if (this.#disposed) throw lost;
      await this.#stepper.moveTo(gpu, this.#kept, this.#kept.epoch);
      await this.#replay(gpu);
    } catch (cause) {
      // Lost again: the next look begins anew.
      if (gpu.isLost) return;
      if (!this.#recover) gpu.dispose();
      throw this.#end(`a lost GPU device, and another that cannot take its place (${reasonOf(cause)})`, cause);
    }
  }

  /** @throws DeviceError where there is none */
  async #another(old: Gpu, lost: DeviceError): Promise<Gpu> {
    let cause: unknown = lost;
    for (const ms of this.#recover ? [0] : askAfterMs) {
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      try {
        const gpu = await (this.#recover ? this.#recover(lost) : old.renew());
        if (!(gpu instanceof Gpu)) throw new GraphError({ seen: `${gpu} of recover`, wanted: "a Gpu" });
        gpu.check();
        return gpu;
      } catch (error) {
        cause = error;
      }
    }
    throw this.#end(`a lost GPU device, and no other to be had (${reasonOf(cause)})`, cause);
  }

  async #replay(gpu: Gpu): Promise<void> {
    this.#begun = { steps: this.#stepper.steps, loads: this.#kept.loads };
    for (const [i, step] of this.#log.entries()) {
      const bytes = this.#stepper.run(step.learningRate, step.bytes !== null);
      // Whoever waits for the reading hears of its failure.
      bytes?.catch(() => {});
      step.bytes = bytes;
      if (i % stepsAhead === stepsAhead - 1) await gpu.idle();
    }
  }

  #end(seen: string, cause: unknown): DeviceError {
    const { step } = this.#kept.position;
    const mend = `The training as it was after step ${step} is in host memory: saveSnapshot(model) makes a checkpoint of it.`;
    return new DeviceError({ where: "trainer", seen, wanted: "a training that can go on", mend }, { cause });
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function standingOf(stepper: Stepper): Omit<Kept, "values"> {
  const { course, epoch, epochStep } = stepper;
  const { model } = course;
  const { watched, loads } = stepper.live().memory;
  const position = { step: model.stepsDone, epoch: model.epochsDone, epochStep };
  return { position, watched, epoch, loads };
}
