import anywhere from "../../shaders/augment/anywhere.wgsl";
import centred from "../../shaders/augment/centred.wgsl";
import cropsKernel from "../../shaders/augment/crops.wgsl";
import elasticField from "../../shaders/augment/elastic.wgsl";
import rigid from "../../shaders/augment/rigid.wgsl";
import unweighted from "../../shaders/augment/unweighted.wgsl";
import weighted from "../../shaders/augment/weighted.wgsl";
import { type KernelCall, workgroupsFor } from "../core/call.ts";
import { GraphError, ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { apply, type LowerContext, type OpDef } from "../core/op.ts";
import { checkNames, checkNumber, checkWhole, isCount, whereIs } from "../core/options.ts";
import {
  type DType,
  type Shape,
  sameShape,
  showShape,
  showType,
  sizeOf,
  type TensorType,
  tensorType,
  wantDType,
} from "../core/types.ts";
import { type Batch, halfBitsFor } from "./batch.ts";
import { defaultIgnoreIndex } from "./crossEntropy.ts";

/** How training crops are changed; each at random, each off unless named. */
export interface AugmentOptions {
  /** Mirrors left and right, in half of the crops. */
  readonly horizontalFlip?: boolean;
  /** Mirrors top and bottom, in half of the crops. */
  readonly verticalFlip?: boolean;
  /** Turns by 0, 90, 180 or 270 degrees. */
  readonly quarterTurns?: boolean;
  /** Adds up to this part of the full range of grey, or takes it away: 0 to 1. */
  readonly brightness?: number;
  /** Multiplies distances from the middle grey by 1 - contrast to 1 + contrast: 0 to 1. */
  readonly contrast?: number;
  /** Displaces pixels by smooth random fields. */
  readonly elastic?: ElasticOptions;
}

/** The elastic deformation of the U-Net paper: 10 pixels on 3 x 3 nodes. */
export interface ElasticOptions {
  /** Standard deviation of the displacement of a node along each axis, in pixels. Default 10. */
  readonly deviation?: number;
  /** Nodes along each side of the crop, 2 to 16. Default 3. */
  readonly grid?: number;
}

export interface GatherCropsOptions {
  readonly batchSize: number;
  /** Side of a crop in pixels. */
  readonly size: number;
  /** Side of its mask, in the middle: less than `size` for a network of valid convolutions. Default `size`. */
  readonly maskSize?: number;
  /** Images to take part: so many, from this one on. Default: all. */
  readonly from?: number;
  readonly count?: number;
  /** Positions in an epoch. Default: as many as cover the images, see `coverOf`. */
  readonly crops?: number;
  /** Default 1 / 255. */
  readonly scale?: number;
  /** Default 0. */
  readonly offset?: number;
  readonly augment?: AugmentOptions;
  /** f32 [N, H, W]: a factor for each pixel in the loss; the batch gets its part of it. */
  readonly weights?: Value;
  /**
   * u32 [K], K up to 65,536: pixels, as indices into the masks, each as likely as its share of the list. Each crop of a
   * shuffled epoch holds one of them, anywhere in its mask. Default: crops from anywhere.
   */
  readonly centres?: Value;
}

/**
 * The next batch of crops of a segmentation data set that lies on the GPU, in one dispatch.
 *
 *     images u8 [N, H, W, C], masks u8 [N, H, W], cursor u32 [4], weights f32 [N, H, W], centres u32 [K] (or none) ->
 *     x f32 [B, size, size, C], y i32 [B, maskSize, maskSize], weights f32 like y (or none)
 *     x = tone(image at source) * scale + offset, bilinear;      y = mask at the same source, nearest, and so weights
 *
 * The cursor is (first, seed, epoch, shuffle), as for gatherBatch. With shuffle 1, crop p = first + b is drawn from (seed,
 * epoch, p) alone: its image (each once before any comes again), its place, and the changes that `augment` allows; with
 * `centres` image and place are about one of those pixels. With shuffle 0 it is the p-th of the unchanged crops whose masks cover the images, row by row: what validation wants.
 * The mask lies within its image wherever that is large enough; where a crop reaches beyond, the image is mirrored.
 * Positions past `crops` give pixels of value 0 and the label -100, which cross-entropy and metrics leave out.
 */
export interface GatherCropsAttrs {
  readonly batchSize: number;
  readonly size: number;
  readonly maskSize: number;
  /** The part of the images that crops are taken from: so many from this one on. */
  readonly from: number;
  readonly count: number;
  readonly crops: number;
  readonly scale: number;
  readonly offset: number;
  readonly horizontalFlip: boolean;
  readonly verticalFlip: boolean;
  readonly quarterTurns: boolean;
  readonly brightness: number;
  readonly contrast: number;
  /** Null for none. */
  readonly elastic: Readonly<Required<ElasticOptions>> | null;
  /** The inputs that follow images, masks and cursor. */
  readonly extras: readonly ("weights" | "centres")[];
}

const optionNames = [
  "batchSize",
  "size",
  "maskSize",
  "from",
  "count",
  "crops",
  "scale",
  "offset",
  "augment",
  "weights",
  "centres",
] satisfies (keyof GatherCropsOptions)[];

export function gatherCrops(images: Value, masks: Value, cursor: Value, options: GatherCropsOptions): Batch {
  const where = whereIs("gatherCrops");
  checkNames(where, options, optionNames);
  const { batchSize, size, maskSize = size, scale = 1 / 255, offset = 0, augment = {} } = options;
  const [examples = 0, ...sides] = images.type.shape;
  const { from = 0, count = examples - from } = options;
  const { crops = coverOf([count, ...sides], maskSize).crops } = options;
  checkNames(where, augment, ["horizontalFlip", "verticalFlip", "quarterTurns", "brightness", "contrast", "elastic"]);
  checkNames(where, augment.elastic ?? {}, ["deviation", "grid"]);
  const { horizontalFlip = false, verticalFlip = false, quarterTurns = false, brightness = 0, contrast = 0 } = augment;
  const elastic = augment.elastic ? { deviation: 10, grid: 3, ...augment.elastic } : null;
  const changes = { horizontalFlip, verticalFlip, quarterTurns, brightness, contrast, elastic };
  const extras = (["weights", "centres"] as const).filter((name) => options[name]);
  const attrs = { batchSize, size, maskSize, from, count, crops, scale, offset, ...changes, extras };
  const inputs = [images, masks, cursor, ...extras.flatMap((name) => options[name] ?? [])];
  const [x, y, weights] = apply(gatherCropsOp, inputs, attrs);
  if (!x || !y) throw new GraphError({ where, seen: "no batch", wanted: "images and masks" });
  return weights ? { x, y, weights } : { x, y };
}

/** How many masks of a side cover images [N, H, W, C]: rows and columns of places in each, and crops in all. */
export function coverOf([count = 0, height = 0, width = 0]: Shape, maskSize: number) {
  const rows = Math.max(1, Math.ceil(height / maskSize));
  const columns = Math.max(1, Math.ceil(width / maskSize));
  return { rows, columns, crops: count * rows * columns };
}

export const gatherCropsOp: OpDef<GatherCropsAttrs> = {
  name: "gatherCrops",
  infer(inputs, attrs, where) {
    const { images, masks, cursor, weights, centres } = named(inputs, attrs);
    if (!images || !masks || !cursor) {
      throw new GraphError({ where, seen: "too few inputs", wanted: "images, masks and a cursor" });
    }
    const [examples = 0, height = 0, width = 0, channels = 0] = inferImages(where, images);
    wantType(where, "masks", masks, "u8", [examples, height, width]);
    wantType(where, "cursor", cursor, "u32", [4]);
    if (weights) wantType(where, "weights", weights, "f32", [examples, height, width]);
    if (centres) checkCentres(where, centres);
    const { batchSize, size, maskSize, from, count } = attrs;
    checkWhole(where, "from", from, 0);
    checkWhole(where, "count", count);
    if (from + count > examples) {
      throw new ShapeError({ where, seen: `images ${from} to ${from + count - 1}`, wanted: `at most ${examples - 1}` });
    }
    checkWhole(where, "batchSize", batchSize);
    checkWhole(where, "crops", attrs.crops);
    checkWhole(where, "size", size, 1, maxSide);
    const fits = (side: number) => isCount(side) && side <= size && (size - side) % 2 === 0;
    checkNumber(where, "maskSize", maskSize, fits, `a whole number up to ${size} that lies in the middle of ${size}`);
    checkChanges(where, attrs);
    const mask = [batchSize, maskSize, maskSize];
    const batch = [tensorType([batchSize, size, size, channels]), tensorType(mask, "i32")];
    return weights ? [...batch, tensorType(mask)] : batch;
  },
  lower: lowerCrops,
  noGradient: "Data are not differentiated.",
};

/** Random places are drawn with 16 bits. */
const maxSide = 65_536;
const isPart = (value: number) => value >= 0 && value <= 1;

function inferImages(where: string, images: TensorType): Shape {
  wantDType(where, "images", images, "u8");
  const [, height = 0, width = 0] = images.shape;
  if (images.shape.length !== 4 || !images.shape.every(isCount) || Math.max(height, width) > maxSide) {
    throw new ShapeError({
      where,
      seen: `images ${showType(images)}`,
      wanted: `[N, H, W, C], none of them 0, of at most ${maxSide} pixels a side`,
    });
  }
  return images.shape;
}

function wantType(where: string, name: string, type: TensorType, dtype: DType, shape: Shape): void {
  wantDType(where, name, type, dtype);
  if (!sameShape(type.shape, shape)) {
    throw new ShapeError({ where, seen: `${name} ${showType(type)}`, wanted: showShape(shape) });
  }
}

/** Inputs by their names. */
function named<T>([images, masks, cursor, ...extra]: readonly T[], { extras }: GatherCropsAttrs) {
  const at = (name: GatherCropsAttrs["extras"][number]) => extra[extras.indexOf(name)];
  return { images, masks, cursor, weights: at("weights"), centres: at("centres") };
}

/** As many as random bits can tell apart. */
const maxCentres = 65_536;

function checkCentres(where: string, centres: TensorType): void {
  wantDType(where, "centres", centres, "u32");
  const [count = 0] = centres.shape;
  if (centres.shape.length === 1 && isCount(count) && count <= maxCentres) return;
  throw new ShapeError({ where, seen: `centres ${showType(centres)}`, wanted: `[K], from 1 to ${maxCentres} pixels` });
}

function checkChanges(where: string, attrs: GatherCropsAttrs): void {
  for (const name of ["scale", "offset"] as const) {
    checkNumber(where, name, attrs[name], Number.isFinite, "a finite number");
  }
  for (const name of ["brightness", "contrast"] as const) {
    checkNumber(where, name, attrs[name], isPart, "from 0 to 1");
  }
  for (const name of ["horizontalFlip", "verticalFlip", "quarterTurns"] as const) {
    if (typeof attrs[name] !== "boolean") {
      throw new GraphError({ where, seen: `${name} ${String(attrs[name])}`, wanted: "true or false" });
    }
  }
  if (!attrs.elastic) return;
  const { deviation, grid } = attrs.elastic;
  checkNumber(where, "elastic.deviation", deviation, (pixels) => pixels >= 0, "0 or more pixels");
  checkWhole(where, "elastic.grid", grid, 2, 16);
}

/** Pixels of one invocation; as in the shader. */
const chunk = 16;
const workgroupSize = 64;

function lowerCrops({ attrs, inputs, outputs: [x, y, weight] }: LowerContext<GatherCropsAttrs>): KernelCall[] {
  const { images, masks, cursor, weights, centres } = named(inputs, attrs);
  if (!images || !masks || !cursor || !x || !y) return [];
  const { batchSize, size, maskSize, from, count, crops, scale, offset, elastic } = attrs;
  const [, height = 1, width = 1, channels = 1] = images.type.shape;
  const { rows, columns } = coverOf([count, height, width], maskSize);
  const groupsPerCrop = workgroupsFor(Math.ceil((size * size) / chunk), workgroupSize);
  const params = {
    start: from,
    examples: count,
    height,
    width,
    channels,
    batch: batchSize,
    groupsPerCrop,
    size,
    maskSize,
    crops,
    gridRows: rows,
    gridColumns: columns,
    halfBits: halfBitsFor(count),
    horizontalFlip: Number(attrs.horizontalFlip),
    verticalFlip: Number(attrs.verticalFlip),
    quarterTurns: Number(attrs.quarterTurns),
    brightness: 255 * attrs.brightness,
    contrast: attrs.contrast,
    scale,
    offset,
    noLabel: defaultIgnoreIndex,
  };
  const nodes = elastic && { GRID: elastic.grid, POINTS: (elastic.grid + 2) ** 2 };
  return [
    {
      name: elastic ? "elasticCrops" : "crops",
      shaders: [
        cropsKernel,
        elastic ? elasticField : rigid,
        centres ? centred : anywhere,
        weights ? weighted : unweighted,
      ],
      constants: { CHUNK: chunk, ...nodes },
      params: {
        params,
        ...(elastic ? { elastic: { deviation: elastic.deviation } } : {}),
        ...(centres ? { centred: { count: sizeOf(centres.type.shape) } } : {}),
      },
      operands: {
        images,
        masks,
        cursor,
        x,
        y,
        ...(weights && weight ? { weights, weight } : {}),
        ...(centres ? { centres } : {}),
      },
      workgroups: batchSize * groupsPerCrop,
      flops: (elastic ? 12 : 4) * sizeOf(x.type.shape),
      // A byte in for each number out, of pixels and masks; weights are numbers on both sides.
      bytes: 5 * (sizeOf(x.type.shape) + sizeOf(y.type.shape)) + (weight ? 8 * sizeOf(weight.type.shape) : 0),
    },
  ];
}
