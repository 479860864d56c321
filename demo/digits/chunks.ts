import { TrainingError } from "../../src/core/errors.ts";
import type { Model } from "../../src/nn/model.ts";
import { historyLength } from "../../src/nn/state.ts";
import type { Trainer } from "../../src/nn/trainer.ts";
import type { Steps } from "./history.ts";
import { RunningMean } from "./runningMean.ts";

/** GPU work that is handed over at a time, so that the page's own drawing never waits long behind it. */
const chunkMs = 8;
const mostSteps = 16;
/** The time of a step is a mean that forgets half of a step's in so many others. */
const timeHalfLife = 20;

/** Some steps that were submitted together, with a reading on the last. */
interface Chunk extends Pick<Steps, "x"> {
  /** Steps of the training before them, and how many they are. */
  readonly before: number;
  readonly steps: number;
  readonly startsEpoch: boolean;
  readonly bytes: Promise<ArrayBuffer[]>;
}

/** Training by chunks of steps: small ones, of which few are under way. */
export class Chunks {
  readonly #model: Model;
  readonly #trainer: Trainer;
  readonly #stepMs = new RunningMean();
  #chunks: readonly Chunk[] = [];
  /** What the last reading said: [right, examples] since the epoch began. */
  #read = { at: 0, right: 0, examples: 0 };

  constructor(model: Model, trainer: Trainer) {
    this.#model = model;
    this.#trainer = trainer;
  }

  /** Of a step; NaN before the first. */
  get stepMs(): number {
    return this.#stepMs.value;
  }

  /** How many steps a chunk should have. */
  get size(): number {
    return Math.min(mostSteps, Math.floor(chunkMs / this.stepMs) || 1);
  }

  /** Steps of the training in all, those under way with them. */
  get stepsDone(): number {
    return this.#model.epochsDone * this.#trainer.stepsPerEpoch + this.#model.epochStep;
  }

  /** Time that went by since the last reading is no step's. */
  restartClock(): void {
    this.#read = { ...this.#read, at: performance.now() };
  }

  /** Submits a chunk; of one epoch, and while no more than one other is under way. */
  submit(steps: number): void {
    const startsEpoch = this.#model.epochStep === 0;
    const before = this.#model.stepsDone;
    for (let i = 1; i < steps; i++) this.#trainer.submit();
    const bytes = this.#trainer.submit({ read: true });
    if (!bytes) throw new Error("a reading that has no room: more than two chunks are under way");
    // Whoever takes it hears of its failure; until then it is nobody's.
    bytes.catch(() => {});
    const x = this.stepsDone / this.#trainer.stepsPerEpoch;
    this.#chunks = [...this.#chunks, { x, before, steps, startsEpoch, bytes }];
  }

  /** What the first chunks brought, when so few are left under way. @throws TrainingError where a loss is no number */
  async take(left: number): Promise<Steps[]> {
    const taken: Steps[] = [];
    while (this.#chunks.length > left) {
      const [first, ...others] = this.#chunks;
      this.#chunks = others;
      if (first) taken.push(await this.#readChunk(first));
    }
    return taken;
  }

  async #readChunk({ x, before, steps, startsEpoch, bytes }: Chunk): Promise<Steps> {
    const [ring, , counts] = await bytes;
    const now = performance.now();
    const history = new Float32Array(ring ?? new ArrayBuffer(0));
    const losses = Array.from({ length: steps }, (_, i) => history[(before + i) % historyLength] ?? Number.NaN);
    const diverged = losses.findIndex((loss) => !Number.isFinite(loss));
    if (diverged >= 0) {
      throw new TrainingError({
        where: `step ${before + diverged + 1}`,
        seen: `a loss of ${losses[diverged]}`,
        wanted: "a finite loss",
        mend: "The learning rate was too high. Lower it, and reset the training.",
      });
    }
    const [right = 0, examples = 0] = new Uint32Array(counts ?? new ArrayBuffer(0));
    const since = startsEpoch ? { right: 0, examples: 0 } : this.#read;
    this.#stepMs.add((now - this.#read.at) / steps, steps, timeHalfLife);
    this.#read = { at: now, right, examples };
    return { x, losses, right: right - since.right, examples: examples - since.examples };
  }
}
