import { ShapeError } from "../core/errors.ts";
import { type Graph, input, makeGraph } from "../core/graph.ts";
import { checkNames, checkWhole, checkWord, isCount } from "../core/options.ts";
import { withPath } from "../core/scope.ts";
import { type Shape, showShape, tensorType } from "../core/types.ts";
import { CommandGraph } from "../gpu/commandGraph.ts";
import type { Gpu } from "../gpu/gpu.ts";
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
  /**
   * [height, width] of a tile. Default: the model's input. A network of layers that take any sides (convolutions,
   * pooling) may be given more: a tile as large as the image has no seams, and takes as much more memory.
   */
  readonly size?: readonly [height: number, width: number];
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

export interface PredictImageOptions {
  /** Gives up between batches of tiles: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Predicts whole images by tiles of the network's size, in memory for a batch of tiles and one image (the overlap-tile
 * strategy of the U-Net paper): the used parts of the outputs cover the image, and where an input reaches beyond the
 * image, that is mirrored. Serves networks whose output is as large as their input and those whose output is smaller.
 * It reads the model's weights as they are at each call, until the model is compiled again, and follows a training that
 * outlives its device (`recovery()`) to the next one.
 * @example
 * const predictor = await TilePredictor.create(segmenter, { batchSize: 2 });
 * const probabilities = await predictor.predict({ ...cells, pixels: cells.images.subarray(0, 64 * 64) });
 * predictor.dispose();
 */
export class TilePredictor {
  /** Classes of the network's output. */
  readonly classes: number;
  readonly #model: Model;
  readonly #graph: Graph;
  /** The graph as it runs on a device. */
  #compiled: { readonly gpu: Gpu; readonly commands: Promise<CommandGraph> };
  readonly #input: readonly [height: number, width: number, channels: number];
  readonly #output: readonly [height: number, width: number];
  readonly #options: Required<TileOptions>;

  private constructor(model: Model, graph: Graph, from: Shape, to: Shape, options: Required<TileOptions>) {
    const [, ih = 0, iw = 0, channels = 0] = from;
    const [, oh = 0, ow = 0, classes = 0] = to;
    this.classes = classes;
    this.#model = model;
    this.#graph = graph;
    this.#compiled = compileOn(model, graph);
    this.#input = [ih, iw, channels];
    this.#output = [oh, ow];
    this.#options = options;
  }

  /**
   * Compiles the prediction of a batch of tiles.
   * @throws ShapeError on a model that is no segmenter, or takes no such tiles; GraphError on options that leave no
   * tile
   */
  static async create(model: Model, options: TileOptions = {}): Promise<TilePredictor> {
    const { state } = model.compiled;
    const x = input("x", tensorType(tilesOf(model, options)));
    const [output = x] = withPath(model.name ?? "model", () => model.callLayers([x], callContext(state, false, [])));
    const full = checkOptions(model, options, x.type.shape, output.type.shape);
    const y = full.output === "logits" ? withPath("probabilities", () => softmax(output)) : output;
    const predictor = new TilePredictor(model, makeGraph("predictTiles", { y }), x.type.shape, y.type.shape, full);
    await predictor.#compiled.commands;
    return predictor;
  }

  /** Probability of each class for each pixel: [height, width, classes]. @throws ShapeError on another kind of image */
  async predict(image: TileImage, options: PredictImageOptions = {}): Promise<Float32Array> {
    checkNames("predictTiles", options, ["signal"]);
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
    const commands = await this.#commands();
    for (let first = 0; first < tiles.length; first += batchSize) {
      options.signal?.throwIfAborted();
      const batch = tiles.slice(first, first + batchSize);
      batch.forEach((tile, b) => {
        this.#cut(image, tile, x.subarray(b * ih * iw * channels, (b + 1) * ih * iw * channels));
      });
      commands.write("x", x);
      commands.run();
      const y = (await commands.read("y")) as Float32Array;
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

  /** Frees the memory of the tiles; the model stays. */
  dispose(): void {
    // One that could not be compiled has nothing to free.
    this.#compiled.commands.then(
      (commands) => commands.dispose(),
      () => {},
    );
  }

  /** The graph on the model's device of now: another one where a training has outlived the first. */
  #commands(): Promise<CommandGraph> {
    if (this.#compiled.gpu !== this.#model.compiled.gpu) {
      this.dispose();
      this.#compiled = compileOn(this.#model, this.#graph);
    }
    return this.#compiled.commands;
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
    const { classes } = this;
    for (let i = 0; i < oh * ow; i++) {
      const source = turned(orientation, Math.floor(i / ow), i % ow, oh, ow);
      const coreRow = Math.floor(source / ow) - rows.margin;
      const coreColumn = (source % ow) - columns.margin;
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
    const whole = [height, width].every(isCount);
    if (whole && channels === wanted && pixels?.length === height * width * channels) return;
    throw new ShapeError({
      where: "predictTiles",
      seen: `${pixels?.length ?? "no"} numbers for an image ${showShape([height, width, channels])}`,
      wanted: `[height, width, ${wanted}], a number for each`,
    });
  }
}

function compileOn(model: Model, graph: Graph) {
  const { gpu, store, target } = model.compiled;
  const commands = CommandGraph.compile(plan(graph, store.layout, target), store);
  // Whoever predicts hears of its failure.
  commands.catch(() => {});
  return { gpu, commands };
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

/**
 * Probabilities [height, width, classes] of one image by tiles; see `TilePredictor` for many.
 * @example
 * const pixels = cells.images.subarray(0, 64 * 64); // the first image
 * const probabilities = await predictTiles(segmenter, { ...cells, pixels });
 * probabilities.length; // => 8192
 */
export async function predictTiles(
  model: Model,
  image: TileImage,
  { signal, ...options }: TileOptions & PredictImageOptions = {},
): Promise<Float32Array> {
  const predictor = await TilePredictor.create(model, options);
  try {
    return await predictor.predict(image, signal ? { signal } : {});
  } finally {
    predictor.dispose();
  }
}

/**
 * The most probable class of each pixel; of equals the first.
 * @example
 * maskOf(Float32Array.of(0.9, 0.1, 0.2, 0.8), 2); // => [0, 1]
 */
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

const optionNames = ["size", "scale", "offset", "margin", "overlap", "batchSize", "testTimeAugmentation", "output"];

/** What the network is given: [batchSize, height, width, channels]. */
function tilesOf(model: Model, options: TileOptions): Shape {
  const where = whereOf(model);
  checkNames(where, options, optionNames);
  const [height = 0, width = 0, channels = 0] = model.inputs[0]?.shape ?? [];
  const { batchSize = 4, size = [height, width] } = options;
  if (model.inputs.length !== 1 || model.outputs.length !== 1 || model.inputs[0]?.shape.length !== 3) {
    throw noSegmenter(where, model.inputs[0]?.shape ?? [], model.outputs[0]?.shape ?? []);
  }
  for (const [name, value] of Object.entries({ batchSize, "size[0]": size[0], "size[1]": size[1] })) {
    checkWhole(where, name, value);
  }
  return [batchSize, size[0], size[1], channels];
}

/** The options with their defaults, for a network that makes `to` of `from`, both [batchSize, height, width, ..]. */
function checkOptions(model: Model, options: TileOptions, from: Shape, to: Shape): Required<TileOptions> {
  const where = whereOf(model);
  checkWord(where, "output", options.output ?? "logits", ["logits", "probabilities"]);
  const [batchSize = 1, ih = 0, iw = 0] = from;
  const [, oh = 0, ow = 0] = to;
  if (to.length !== 4 || oh > ih || ow > iw || (ih - oh) % 2 || (iw - ow) % 2) {
    throw noSegmenter(where, from.slice(1), to.slice(1));
  }
  const same = oh === ih && ow === iw;
  const full: Required<TileOptions> = {
    size: [ih, iw],
    scale: 1 / 127.5,
    offset: -1,
    margin: same ? Math.floor(Math.min(oh, ow) / 8) : 0,
    overlap: 0,
    batchSize,
    testTimeAugmentation: false,
    output: "logits",
    ...options,
  };
  if (full.testTimeAugmentation && (ih !== iw || oh !== ow)) {
    throw new ShapeError({
      where,
      seen: `quarter turns of tiles ${showShape(from.slice(1))}`,
      wanted: "square tiles",
      mend: "Build the model for a square input, or leave testTimeAugmentation off.",
    });
  }
  // Errors in margin and overlap come now, not with the first image.
  tileAxis({ length: 1, input: ih, output: oh, margin: full.margin, overlap: full.overlap });
  tileAxis({ length: 1, input: iw, output: ow, margin: full.margin, overlap: full.overlap });
  return full;
}

function whereOf(model: Model): string {
  return `${model.name ?? "model"}/predictTiles`;
}

function noSegmenter(where: string, from: Shape, to: Shape): ShapeError {
  return new ShapeError({
    where,
    seen: `a model from ${showShape(from)} to ${showShape(to)}`,
    wanted: "one from [height, width, channels] to classes for the pixels in the middle",
  });
}
