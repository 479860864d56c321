import { type ScribbleDataset, scribbleDataset } from "../../src/data/scribbleDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import type { Progress } from "../../src/gpu/pipelines.ts";
import { loadCheckpoint } from "../../src/nn/checkpoint.ts";
import { TilePredictor } from "../../src/nn/predictTiles.ts";
import { recovery } from "../../src/nn/recovery.ts";
import { saveTraining } from "../shell/lostGpu.ts";
import {
  type ColourSpace,
  colourRange,
  colourScaling,
  colourSpaceOf,
  isGrey,
  parseColourSpace,
  toColourSpace,
} from "./colours.ts";
import { Learner, type Row } from "./learner.ts";
import { compileSegmenter, disposeSegmenter, firstRate, type Segmenter, sidesFor, snapshotEvery } from "./network.ts";
import { classesIn } from "./strokes.ts";
import { classColours, maskOf, type Prediction, renderView, type View } from "./views.ts";

/** A picture as the worker takes it. */
export interface Picture {
  readonly name: string;
  /** Name of the painting that it is for, by which its network is kept. */
  readonly painting: string;
  readonly width: number;
  readonly height: number;
  /** [height, width, 3], u8 */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

export interface PaintingListener {
  /** `part` is how much of what the strokes teach is learned. */
  learned(row: Row, part: number): void;
  /** A fresh overlay. */
  looked(overlay: ImageData): Promise<void>;
  /** The device was lost: steps wait until there is another. */
  lost(): void;
}

/**
 * Crops of 32 pixels, 8 a step where a CPU plays the GPU: as many pixels as 2 crops of 64, but eight places of the
 * picture at once. Batch normalization takes its statistics over them; with two crops of one colour each it normalized
 * just that colour away, and photographs with three classes were not learned. A GPU has time for more. Smaller crops
 * matched strokes on photographs sooner, and membranes of tissue worse, for want of what is around them.
 */
const crop = 32;
const batchSizes = { software: 8, hardware: 32 };
const stepsPerEpoch = 32;
const turns = { horizontalFlip: true, verticalFlip: true, quarterTurns: true };
/**
 * Crops of a grey picture come lighter or darker by up to 0.3 standard deviations as well, and with up to a fifth more
 * or less contrast: the very greys under a few strokes are not those of the rest. Colours stay as they are, since by
 * them alone two things may differ.
 */
const greyChanges = { ...turns, brightness: 0.3 / colourRange, contrast: 0.2 };
/** So many steps after the last stroke there is no more to learn from it. */
const settledAfter = 500;
/** Steps after which the rate has halved. */
const rateSteps = 120;

/** A network that learns from strokes on one picture. */
export class PaintingSession {
  readonly #picture: Picture;
  readonly #colours: ColourSpace;
  /** The picture in these colours. */
  readonly #seen: Uint8Array<ArrayBuffer>;
  readonly segmenter: Segmenter<ScribbleDataset>;
  readonly #learner: Learner;
  readonly #listener: PaintingListener;
  #prediction: Prediction | null = null;
  #view: View = { kind: "mask", label: 0 };
  /** Classes that are painted, and those that a network from a file knows. */
  #painted: readonly number[] = [];
  #known: readonly number[] = [];
  /** Steps when the last stroke was painted. */
  #paintedAt = 0;

  private constructor(parts: {
    readonly picture: Picture;
    readonly colours: ColourSpace;
    readonly seen: Uint8Array<ArrayBuffer>;
    readonly segmenter: Segmenter<ScribbleDataset>;
    readonly listener: PaintingListener;
  }) {
    this.#picture = parts.picture;
    this.#colours = parts.colours;
    this.#seen = parts.seen;
    this.segmenter = parts.segmenter;
    const { model, trainer } = parts.segmenter;
    this.#listener = parts.listener;
    this.#learner = new Learner({
      model,
      trainer,
      step: model.stepsDone,
      // High while strokes are new; then lower and lower, so that the mask comes to rest.
      rate: () => firstRate / (1 + this.#sincePainted / rateSteps),
      told: (row) => this.#listener.learned(row, Math.min(1, this.#sincePainted / settledAfter)),
      lost: () => this.#listener.lost(),
      look: () => this.#look(),
    });
    this.#paintedAt = model.stepsDone;
  }

  /** Compiles everything, so that the first step after the first strokes takes no longer than others. */
  static async create(
    gpu: Gpu,
    picture: Picture,
    options: {
      readonly listener: PaintingListener;
      readonly onCompile: Progress;
      readonly checkpoint: Uint8Array | null;
    },
  ): Promise<PaintingSession> {
    const { listener, onCompile, checkpoint } = options;
    const { name, width, height } = picture;
    const classes = classColours.map((_, label) => `class ${label}`);
    const model = await compileSegmenter(gpu, { channels: 3, classes: classes.length, crop, onCompile });
    const augment = isGrey(picture.pixels) ? greyChanges : turns;
    const batchSize = gpu.adapter.software ? batchSizes.software : batchSizes.hardware;
    const cropsPerEpoch = stepsPerEpoch * batchSize;
    let data: ScribbleDataset | null = null;
    try {
      const notes = checkpoint ? await loadCheckpoint(model, checkpoint) : {};
      // A network that was saved sees every picture in the colours of the one that it learned from.
      const colours = parseColourSpace(notes.colours) ?? colourSpaceOf(picture.pixels);
      const seen = toColourSpace(picture.pixels, colours);
      // A data set has labels from the start; these are replaced before the first step.
      const labels = new Uint8Array(width * height);
      const image = { pixels: seen, width, height, channels: 3, labels, classes, name: `picture ${name}` };
      data = scribbleDataset(gpu, image, { size: crop, augment, cropsPerEpoch, ...colourScaling });
      const trainer = await model.trainer(data, {
        batchSize,
        initialEpoch: model.epochsDone,
        initialStep: model.epochStep,
        recovery: recovery({ snapshotEvery }),
      });
      const tile = { size: sidesFor(picture), margin: 0, batchSize: 1, ...colourScaling };
      const predictor = await TilePredictor.create(model, tile);
      const segmenter = { model, data, trainer, predictor };
      return new PaintingSession({ picture, colours, seen, segmenter, listener });
    } catch (cause) {
      model.dispose();
      data?.dispose();
      throw cause;
    }
  }

  /** The device of now: another one where the first was lost. */
  get gpu(): Gpu {
    return this.segmenter.model.compiled.gpu;
  }

  /** Name of the painting. */
  get id(): string {
    return this.#picture.painting;
  }

  get hasLearned(): boolean {
    return this.#learner.step > 0;
  }

  /** Whether there is something to tell apart. */
  get canLearn(): boolean {
    return this.#painted.length > 1;
  }

  /** Whether more steps on these strokes would show nothing new. */
  get isSettled(): boolean {
    return this.#sincePainted >= settledAfter;
  }

  /**
   * Takes the labels [height, width] of all strokes, from which the next step learns, and the classes that the network
   * knows without. Where other classes may now be answers, the overlay is another one.
   */
  async relabel(labels: Uint8Array, known: readonly number[]): Promise<void> {
    const before = `${this.#answers}`;
    this.#painted = [...classesIn(labels)];
    this.#known = known;
    this.#paintedAt = this.#learner.step;
    if (this.#painted.length > 0) this.segmenter.data.relabel(labels);
    if (`${this.#answers}` !== before) await this.show(this.#view);
  }

  run(): Promise<void> {
    return this.#learner.run(() => this.isSettled || !this.canLearn);
  }

  pause(): Promise<void> {
    return this.#learner.pause();
  }

  step(): Promise<void> {
    return this.#learner.single();
  }

  /** Shows another view of what was predicted last; predicts where nothing was. */
  async show(view: View): Promise<void> {
    this.#view = view;
    if (!this.#prediction && this.hasLearned) await this.#look();
    else await this.#showPrediction();
  }

  /** The class of each pixel, [height, width]. */
  async mask(): Promise<Uint8Array<ArrayBuffer>> {
    return maskOf(await this.#predict(), this.#answers);
  }

  save(notes: Readonly<Record<string, string>>): Promise<Uint8Array<ArrayBuffer>> {
    return saveTraining(this.segmenter, { ...notes, colours: JSON.stringify(this.#colours) });
  }

  dispose(): void {
    disposeSegmenter(this.segmenter);
  }

  async #look(): Promise<void> {
    if (this.#answers.length < 2) return;
    this.#prediction = await this.#predict();
    await this.#showPrediction();
  }

  async #showPrediction(): Promise<void> {
    const answers = this.#answers;
    if (!this.#prediction || answers.length < 2) return;
    await this.#listener.looked(renderView(this.#prediction, answers, this.#view));
  }

  async #predict(): Promise<Prediction> {
    const { width, height } = this.#picture;
    const { trainer, predictor } = this.segmenter;
    const image = { pixels: this.#seen, width, height, channels: 3 };
    const probabilities = await trainer.survive(() => predictor.predict(image));
    return { width, height, classes: predictor.classes, probabilities };
  }

  /** Steps since the last stroke. */
  get #sincePainted(): number {
    return this.#learner.step - this.#paintedAt;
  }

  /** Classes that a pixel may be. */
  get #answers(): readonly number[] {
    return [...new Set([...this.#painted, ...this.#known])].toSorted((a, b) => a - b);
  }
}
