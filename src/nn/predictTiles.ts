import { GraphError, ShapeError } from "../core/errors.ts";
import { input, makeGraph } from "../core/graph.ts";
import { withPath } from "../core/scope.ts";
import { showShape, tensorType } from "../core/types.ts";
import { CommandGraph } from "../gpu/commandGraph.ts";
import { checkNames, checkWord } from "../ops/options.ts";
import { softmax } from "../ops/softmax.ts";
import { plan } from "../passes/index.ts";
import type { Model } from "./model.ts";
import { callContext } from "./state.ts";
import { mirrored, orientations, type TileAxis, tileAxis, turned } from "./tiles.ts";

/** An image as a data set holds it. */
export interface TileImage {
  /** [height, width, channels]. */
  readonly pixels: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

export interface TileOptions {
  /** x = pixel * scale + offset, as in training. Default: 1 / 127.5 and -1. */
  readonly scale?: number;
  readonly offset?: number;
  /**
   * Pixels at each border of the network's output that are not used, because the network saw little around them.
   * Default: an eighth of the side where output and input are of one size, else none.
   */
  readonly margin?: number;
  /** Pixels that the used parts of neighbours share, where their predictions are averaged. Default 0. */
  readonly overlap?: number;
  /** Tiles that are predicted together. Default 4. */
  readonly batchSize?: number;
  /** Averages the predictions of the 8 flips and quarter turns of each tile. Default false. */
  readonly testTimeAugmentation?: boolean;
  /** What the network ends with; logits become probabilities by a softmax. Default "logits". */
  readonly output?: "logits" | "probabilities";
}

/**
 * Predicts whole images by tiles of the network's size, in memory for a batch of tiles and one image (the overlap-tile
 * strategy of the U-Net paper): the used parts of the outputs cover the image, and where an input reaches beyond the
 * image, that is mirrored. Serves networks whose output is as large as their input and those whose output is smaller.
 * It reads the model's weights as they are at each call, until the model is compiled again.
 */
export class TilePredictor {
  /** Classes of the network's output. */
  readonly classes: number;
  readonly #commands: CommandGraph;
  readonly #input: readonly [height: number, width: number, channels: number];
  readonly #output: readonly [height: number, width: number];
  readonly #options: Required<TileOptions>;

  private constructor(model: Model, commands: CommandGraph, options: Required<TileOptions>) {
    const [ih = 0, iw = 0, channels = 0] = model.inputs[0]?.shape ?? [];
    const [oh = 0, ow = 0, classes = 0] = model.outputs[0]?.shape ?? [];
    this.classes = classes;
    this.#commands = commands;
    this.#input = [ih, iw, channels];
    this.#output = [oh, ow];
    this.#options = options;
  }

  /** @throws ShapeError on a model that is no segmenter; GraphError on options that leave no tile */
  static async create(model: Model, options: TileOptions = {}): Promise<TilePredictor> {
    const full = checkOptions(model, options);
    const { state, store, target } = model.compiled;
    const shape = model.inputs[0]?.shape ?? [];
    const x = input("x", tensorType([full.batchSize, ...shape]));
    const output = withPath(model.name ?? "model", () => model.call([x], callContext(state, false, [])));
    const y = full.output === "logits" ? withPath("probabilities", () => softmax(output)) : output;
    const graph = makeGraph("predictTiles", { y });
    const commands = await CommandGraph.compile(plan(graph, store.layout, target), store);
    return new TilePredictor(model, commands, full);
  }

  /** Probability of each class for each pixel: [height, width, classes]. @throws ShapeError on another kind of image */
  async predict(image: TileImage): Promise<Float32Array> {
    const { height, width } = image;
    this.#checkImage(image);
    const { margin, overlap, batchSize, testTimeAugmentation } = this.#options;
    const [ih, iw, channels] = this.#input;
    const rows = tileAxis({ length: height, input: ih, output: this.#output[0], margin, overlap });
    const columns = tileAxis({ length: width, input: iw, output: this.#output[1], margin, overlap });
    const turns = testTimeAugmentation ? orientations : [0];
    const tiles = rows.starts.flatMap((top) =>
      columns.starts.flatMap((left) => turns.map((orientation) => ({ top, left, orientation }))),
    );
    const sums = new Float32Array(height * width * this.classes);
    const counts = new Uint16Array(height * width);
    const x = new Float32Array(batchSize * ih * iw * channels);
    for (let first = 0; first < tiles.length; first += batchSize) {
      const batch = tiles.slice(first, first + batchSize);
      batch.forEach((tile, b) => {
        this.#cut(image, tile, x.subarray(b * ih * iw * channels, (b + 1) * ih * iw * channels));
      });
      this.#commands.write("x", x);
      this.#commands.run();
      const y = (await this.#commands.read("y")) as Float32Array;
      batch.forEach((tile, b) => {
        this.#add(image, tile, y.subarray((b * y.length) / batchSize, ((b + 1) * y.length) / batchSize), {
          rows,
          columns,
          sums,
          counts,
        });
      });
    }
    counts.forEach((count, pixel) => {
      for (let c = 0; c < this.classes; c++)
        sums[pixel * this.classes + c] = (sums[pixel * this.classes + c] ?? 0) / count;
    });
    return sums;
  }

  dispose(): void {
    this.#commands.dispose();
  }

  /** Copies one tile of the image, mirrored beyond its borders, turned and normalized. */
  #cut({ pixels, height, width }: TileImage, { top, left, orientation }: Tile, to: Float32Array): void {
    const { scale, offset } = this.#options;
    const [ih, iw, channels] = this.#input;
    for (let i = 0; i < ih * iw; i++) {
      const source = turned(orientation, Math.floor(i / iw), i % iw, ih, iw);
      const row = mirrored(top + Math.floor(source / iw), height);
      const column = mirrored(left + (source % iw), width);
      const from = (row * width + column) * channels;
      for (let c = 0; c < channels; c++) to[i * channels + c] = (pixels[from + c] ?? 0) * scale + offset;
    }
  }

  /** Adds the used part of one tile's probabilities to the sums, turned back. */
  #add(
    { height, width }: TileImage,
    { top, left, orientation }: Tile,
    y: Float32Array,
    { rows, columns, sums, counts }: Sums,
  ) {
    const [oh, ow] = this.#output;
    const { margin } = this.#options;
    const { classes } = this;
    for (let i = 0; i < oh * ow; i++) {
      const source = turned(orientation, Math.floor(i / ow), i % ow, oh, ow);
      const coreRow = Math.floor(source / ow) - margin;
      const coreColumn = (source % ow) - margin;
      if (coreRow < 0 || coreRow >= rows.core || coreColumn < 0 || coreColumn >= columns.core) continue;
      const row = top + rows.border + coreRow;
      const column = left + columns.border + coreColumn;
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      const pixel = row * width + column;
      counts[pixel] = (counts[pixel] ?? 0) + 1;
      for (let c = 0; c < classes; c++) {
        sums[pixel * classes + c] = (sums[pixel * classes + c] ?? 0) + (y[i * classes + c] ?? 0);
      }
    }
  }

  #checkImage({ pixels, height, width, channels }: TileImage): void {
    const [, , wanted] = this.#input;
    const whole = [height, width].every((side) => Number.isInteger(side) && side >= 1);
    if (whole && channels === wanted && pixels.length === height * width * channels) return;
    throw new ShapeError({
      where: "predictTiles",
      seen: `${pixels.length} numbers for an image ${showShape([height, width, channels])}`,
      wanted: `[height, width, ${wanted}], a number for each`,
    });
  }
}

interface Tile {
  readonly top: number;
  readonly left: number;
  readonly orientation: number;
}

interface Sums {
  readonly rows: TileAxis;
  readonly columns: TileAxis;
  readonly sums: Float32Array;
  /** How many predictions each pixel has. */
  readonly counts: Uint16Array;
}

/** Probabilities [height, width, classes] of one image by tiles; see `TilePredictor` for many. */
export async function predictTiles(model: Model, image: TileImage, options: TileOptions = {}): Promise<Float32Array> {
  const predictor = await TilePredictor.create(model, options);
  try {
    return await predictor.predict(image);
  } finally {
    predictor.dispose();
  }
}

/** The most probable class of each pixel; of equals the first. */
export function maskOf(probabilities: Float32Array, classes: number): Uint8Array {
  const mask = new Uint8Array(probabilities.length / classes);
  mask.forEach((_, pixel) => {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if ((probabilities[pixel * classes + c] ?? 0) > (probabilities[pixel * classes + best] ?? 0)) best = c;
    }
    mask[pixel] = best;
  });
  return mask;
}

const optionNames = ["scale", "offset", "margin", "overlap", "batchSize", "testTimeAugmentation", "output"];

function checkOptions(model: Model, options: TileOptions): Required<TileOptions> {
  const where = `${model.name ?? "model"}/predictTiles`;
  checkNames(where, options, optionNames);
  checkWord(where, "output", options.output ?? "logits", ["logits", "probabilities"]);
  const from = model.inputs[0]?.shape ?? [];
  const to = model.outputs[0]?.shape ?? [];
  const [ih = 0, iw = 0] = from;
  const [oh = 0, ow = 0] = to;
  const one = model.inputs.length === 1 && model.outputs.length === 1;
  if (!one || from.length !== 3 || to.length !== 3 || oh > ih || ow > iw || (ih - oh) % 2 || (iw - ow) % 2) {
    throw new ShapeError({
      where,
      seen: `a model from ${showShape(from)} to ${showShape(to)}`,
      wanted: "one from [height, width, channels] to classes for the pixels in the middle",
    });
  }
  const same = oh === ih && ow === iw;
  const full: Required<TileOptions> = {
    scale: 1 / 127.5,
    offset: -1,
    margin: same ? Math.floor(Math.min(oh, ow) / 8) : 0,
    overlap: 0,
    batchSize: 4,
    testTimeAugmentation: false,
    output: "logits",
    ...options,
  };
  if (!Number.isInteger(full.batchSize) || full.batchSize < 1) {
    throw new GraphError({ where, seen: `batchSize ${full.batchSize}`, wanted: "a whole number of at least 1" });
  }
  if (full.testTimeAugmentation && (ih !== iw || oh !== ow)) {
    throw new ShapeError({
      where,
      seen: `quarter turns of tiles ${showShape(from)}`,
      wanted: "square tiles",
      mend: "Build the model for a square input, or leave testTimeAugmentation off.",
    });
  }
  // Errors in margin and overlap come now, not with the first image.
  tileAxis({ length: 1, input: ih, output: oh, margin: full.margin, overlap: full.overlap });
  tileAxis({ length: 1, input: iw, output: ow, margin: full.margin, overlap: full.overlap });
  return full;
}
