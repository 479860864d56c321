import { drawCells } from "../../src/data/cells.ts";
import { segmentationDataset } from "../../src/data/segmentationDataset.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import type { Progress } from "../../src/gpu/pipelines.ts";
import { countConfusion, segmentationScores } from "../../src/nn/evaluateSegmentation.ts";
import { maskOf, TilePredictor } from "../../src/nn/predictTiles.ts";
import { recovery } from "../../src/nn/recovery.ts";
import { Learner, type Row } from "./learner.ts";
import { compileSegmenter, disposeSegmenter, firstRate, type Segmenter, sidesFor, snapshotEvery } from "./network.ts";

/** How the network does on a section that it does not learn from. */
export interface Score {
  readonly step: number;
  /** Of the membranes. */
  readonly iou: number;
  readonly dice: number;
  /** [height, width], 1 where a membrane is seen. */
  readonly mask: Uint8Array<ArrayBuffer>;
}

/** A section and its truth. */
export interface Section {
  readonly width: number;
  readonly height: number;
  /** [height, width], u8 */
  readonly image: Uint8Array;
  /** [height, width], 1 for membranes */
  readonly truth: Uint8Array;
}

export interface CellsListener {
  learned(row: Row): void;
  scored(score: Score): void;
  /** The device was lost: steps wait until there is another. */
  lost(): void;
}

const [crop, batchSize] = [64, 2];
const membrane = 1;
/** Learns from six sections, and is judged by one that was drawn from another seed. */
const learned = { count: 6, seed: 1, size: 192 };
const held = { count: 1, seed: 2, size: 256 };
/** Steps after which the rate has halved. */
const rateSteps = 300;

/** A U-Net that learns the membranes of drawn tissue, every pixel of which is labelled. */
export class CellsSession {
  readonly section: Section;
  readonly segmenter: Segmenter;
  readonly #learner: Learner;

  private constructor(segmenter: Segmenter, section: Section, listener: CellsListener) {
    this.section = section;
    this.segmenter = segmenter;
    const { model, trainer } = segmenter;
    this.#learner = new Learner({
      model,
      trainer,
      step: 0,
      rate: () => firstRate / (1 + this.#learner.step / rateSteps),
      told: (row) => listener.learned(row),
      lost: () => listener.lost(),
      look: async () => listener.scored(await this.#score()),
    });
  }

  static async create(gpu: Gpu, listener: CellsListener, onCompile: Progress): Promise<CellsSession> {
    const model = await compileSegmenter(gpu, { channels: 1, classes: 2, crop, onCompile });
    const augment = { horizontalFlip: true, verticalFlip: true, quarterTurns: true, brightness: 0.05, contrast: 0.1 };
    const data = segmentationDataset(gpu, drawCells(learned), { size: crop, augment, cropsPerEpoch: 128 });
    const { images: image, masks: truth, width, height } = drawCells(held);
    const section = { image, truth, width, height };
    const trainer = await model.trainer(data, { batchSize, recovery: recovery({ snapshotEvery }) });
    const predictor = await TilePredictor.create(model, { size: sidesFor(section), margin: 0, batchSize: 1 });
    return new CellsSession({ data, model, trainer, predictor }, section, listener);
  }

  /** The device of now: another one where the first was lost. */
  get gpu(): Gpu {
    return this.segmenter.model.compiled.gpu;
  }

  run(): Promise<void> {
    return this.#learner.run(() => false);
  }

  pause(): Promise<void> {
    return this.#learner.pause();
  }

  step(): Promise<void> {
    return this.#learner.single();
  }

  dispose(): void {
    disposeSegmenter(this.segmenter);
  }

  async #score(): Promise<Score> {
    const { image: pixels, truth, width, height } = this.section;
    const { trainer, predictor } = this.segmenter;
    const image = { pixels, width, height, channels: 1 };
    const mask = new Uint8Array(maskOf(await trainer.survive(() => predictor.predict(image)), 2));
    const confusion = [
      [0, 0],
      [0, 0],
    ];
    countConfusion(confusion, truth, mask);
    const { iou, dice } = segmentationScores(confusion);
    return { step: this.#learner.step, iou: iou[membrane] ?? 0, dice: dice[membrane] ?? 0, mask };
  }
}
