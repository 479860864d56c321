import gather from "../../shaders/batch/gather.wgsl";
import { type KernelCall, workgroupsFor } from "../core/call.ts";
import { GraphError, ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { apply, type LowerContext, type OpDef } from "../core/op.ts";
import { checkNames, checkNumber, checkWhole, isCount, whereIs } from "../core/options.ts";
import { sameShape, showShape, showType, sizeOf, type TensorType, tensorType, wantDType } from "../core/types.ts";
import { defaultIgnoreIndex } from "./crossEntropy.ts";
import { laneShader } from "./lanes.ts";

/**
 * The next batch of a data set that lies on the GPU: picks, normalizes and centres images, all in one dispatch.
 *
 *     images u8 [N, H, W, C], labels u8 [N], cursor u32 [4] -> x f32 [B, height, width, C], y i32 [B]
 *     x = pixel * scale + offset in the middle of the canvas (an odd row or column more goes to the end), else
 *     border * scale + offset
 *
 * The cursor is (first, seed, epoch, shuffle): row b is the example at position first + b, in the order of the data set
 * (shuffle 0) or of a permutation that depends on seed and epoch alone (1; see shaders/batch/permute.wgsl). Positions
 * past the last example give all border and the label -100, which cross-entropy and metrics leave out: so the last,
 * smaller batch of an epoch needs no graph of its own where no operator mixes examples.
 */
export interface GatherBatchAttrs {
  /** B. */
  readonly batchSize: number;
  /** Sides of the canvas, at least those of the images. */
  readonly height: number;
  readonly width: number;
  readonly scale: number;
  readonly offset: number;
  /** Pixel value outside the image. */
  readonly border: number;
  /** The part of the data set that positions count in: so many examples from this one on. */
  readonly from: number;
  readonly count: number;
}

export interface Batch {
  readonly x: Value;
  readonly y: Value;
  /** A factor for each label in the loss, f32. */
  readonly weights?: Value;
}

export interface GatherBatchOptions {
  readonly batchSize: number;
  /** Default: those of the images. */
  readonly height?: number;
  readonly width?: number;
  /** Default: 1 / 255. */
  readonly scale?: number;
  /** Default: 0. */
  readonly offset?: number;
  /** Default: 0. */
  readonly border?: number;
  /** Examples to take part: so many, from this one on. Default: all. */
  readonly from?: number;
  readonly count?: number;
}

export function gatherBatch(images: Value, labels: Value, cursor: Value, options: GatherBatchOptions): Batch {
  const where = whereIs("gatherBatch");
  checkNames(where, options, ["batchSize", "height", "width", "scale", "offset", "border", "from", "count"]);
  const [examples = 0, rows = 0, columns = 0] = images.type.shape;
  const { batchSize, height = rows, width = columns, scale = 1 / 255, offset = 0, border = 0 } = options;
  const { from = 0, count = examples - from } = options;
  const attrs = { batchSize, height, width, scale, offset, border, from, count };
  const [x, y] = apply(gatherBatchOp, [images, labels, cursor], attrs);
  if (!x || !y) throw new GraphError({ where, seen: "no batch", wanted: "images and labels" });
  return { x, y };
}

export const gatherBatchOp: OpDef<GatherBatchAttrs> = {
  name: "gatherBatch",
  infer([images, labels, cursor], attrs, where) {
    const [examples = 0, height = 0, width = 0, channels = 0] = inferImages(where, images);
    const { batchSize, from, count } = attrs;
    wantShape(where, "labels", labels, "u8", images?.shape.slice(0, 1) ?? []);
    wantShape(where, "cursor", cursor, "u32", [4]);
    checkWhole(where, "batchSize", batchSize);
    checkWhole(where, "from", from, 0);
    checkWhole(where, "count", count);
    if (from + count > examples) {
      throw new ShapeError({
        where,
        seen: `examples ${from} to ${from + count - 1}`,
        wanted: `at most ${examples - 1}`,
      });
    }
    checkWhole(where, "height", attrs.height, height);
    checkWhole(where, "width", attrs.width, width);
    for (const name of ["scale", "offset", "border"] as const) {
      checkNumber(where, name, attrs[name], Number.isFinite, "a finite number");
    }
    return [tensorType([batchSize, attrs.height, attrs.width, channels]), tensorType([batchSize], "i32")];
  },
  lower: lowerGather,
  noGradient: "Data are not differentiated.",
};

function inferImages(where: string, images: TensorType | undefined): readonly number[] {
  if (!images) throw new GraphError({ where, seen: "no images", wanted: "images, labels and a cursor" });
  wantDType(where, "images", images, "u8");
  if (images.shape.length !== 4 || !images.shape.every(isCount)) {
    throw new ShapeError({
      where,
      seen: `images ${showType(images)}`,
      wanted: "[N, H, W, C], none of them 0",
      mend: "Check that the data set, or the part of it that was asked for, holds images.",
    });
  }
  return images.shape;
}

function wantShape(
  where: string,
  name: string,
  type: TensorType | undefined,
  dtype: "u8" | "u32",
  shape: readonly number[],
): void {
  if (!type) throw new GraphError({ where, seen: `no ${name}`, wanted: "images, labels and a cursor" });
  wantDType(where, name, type, dtype);
  if (!sameShape(type.shape, shape)) {
    throw new ShapeError({ where, seen: `${name} ${showType(type)}`, wanted: showShape(shape) });
  }
}

/** Lanes of one invocation. */
const chunk = 4;

function lowerGather({ attrs, inputs, outputs: [x, y] }: LowerContext<GatherBatchAttrs>): KernelCall[] {
  const [images, labels, cursor] = inputs;
  if (!images || !labels || !cursor || !x || !y) return [];
  const { batchSize, height, width, scale, offset, border, from, count } = attrs;
  const [, imageRows = 1, columns = 1, channels = 1] = images.type.shape;
  // Four values are four bytes of one or two words.
  const lanes = (width * channels) % 4 === 0 ? 4 : 1;
  const canvas = (height * width * channels) / lanes;
  const chunks = Math.ceil(canvas / chunk);
  return [
    {
      name: "gather",
      shaders: [gather, laneShader(lanes)],
      constants: { CHUNK: chunk },
      params: {
        params: {
          start: from,
          examples: count,
          batch: batchSize,
          chunks,
          canvas,
          canvasRow: width * channels,
          imageRows,
          imageRow: columns * channels,
          top: Math.floor((height - imageRows) / 2),
          left: Math.floor((width - columns) / 2) * channels,
          scale,
          offset,
          border,
          halfBits: halfBitsFor(count),
          noLabel: defaultIgnoreIndex,
        },
      },
      operands: { images, labels, cursor, x, y },
      workgroups: workgroupsFor(batchSize * chunks, 64),
      flops: 2 * sizeOf(x.type.shape),
      // A byte in for each number out, of pixels and labels.
      bytes: 5 * (sizeOf(x.type.shape) + sizeOf(y.type.shape)),
    },
  ];
}

/** The least h >= 1 with 4^h >= count. */
export function halfBitsFor(count: number): number {
  let half = 1;
  while (4 ** half < count) half++;
  return half;
}
