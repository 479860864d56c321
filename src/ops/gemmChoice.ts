import sharedKernel from "../../shaders/gemm/shared.wgsl";
import tileKernel from "../../shaders/gemm/tile.wgsl";
import type { Target } from "../core/call.ts";
import { type GemmFamily, type GemmShape, type GemmVariant, gemmVariants } from "./gemmVariants.ts";
import { bucket, pick } from "./pick.ts";

export interface GemmChoice extends GemmVariant {
  /** Invocations of a workgroup along m and n. */
  readonly groupM: number;
  readonly groupN: number;
  /** Parts into which the sum is split, to be added up by a second kernel. */
  readonly slices: number;
}

/**
 * Which GEMM kernel for which shape on which adapter: the one place where that is decided. Both families see the same
 * product, but for the lanes that a transposed B allows.
 */
export function chooseGemm(shapes: Readonly<Record<GemmFamily, GemmShape>>, target: Target): GemmChoice {
  const { m, n, segments, depth, batch, lanes, step, aLanes, bLanes, source } = shapes.tile;
  const question = {
    kind: "gemm",
    kernels: [tileKernel, sharedKernel],
    shape: {
      a: source,
      m: bucket(m),
      n: lanes * bucket(n / lanes),
      segments: bucket(segments),
      depth: bucket(depth),
      batch: bucket(batch),
      lanes,
      step,
      aLanes,
      bLanes,
    },
  };
  const variant = pick(target, question, gemmVariants(shapes, target));
  const shape = shapes[variant.family];
  const placed = { ...variant, ...groupOf(shape, variant) };
  return { ...placed, slices: Number(target.force?.slices ?? slicesFor(shape, placed, target)) };
}

/** Numbers of workgroup memory that every device has: 16 KiB. */
const sharedNumbers = 4096;

/** Registers: whole quads, and no more invocations than the rows need. Shared: as many as both tiles have room for. */
function groupOf({ m, n, lanes }: GemmShape, { family, rows, columns, tileK }: GemmVariant) {
  if (family === "tile") {
    return { groupM: Math.min(16, Math.max(4, 2 ** Math.ceil(Math.log2(Math.ceil(m / rows))))), groupN: 1 };
  }
  const groupN = Math.min(16, 2 ** Math.ceil(Math.log2(Math.ceil(n / lanes / columns))));
  const room = sharedNumbers / tileK - groupN * columns * lanes;
  const groupM = Math.min(128 / rows, 256 / groupN, 2 ** Math.floor(Math.log2(Math.max(1, room / rows))));
  return { groupM, groupN };
}

/** Terms below which a slice is not worth its second stage. */
const shortestSlice = 64;

function slicesFor(shape: GemmShape, choice: Omit<GemmChoice, "slices">, target: Target): number {
  const { m, n, segments, depth, batch, lanes } = shape;
  const groups =
    Math.ceil(m / (choice.rows * choice.groupM)) * Math.ceil(n / lanes / (choice.columns * choice.groupN)) * batch;
  const wanted = target.software ? 4 * target.cores : 256;
  const most = Math.floor((segments * depth) / shortestSlice);
  return Math.max(1, Math.min(most, segments > 1 ? segments : most, Math.ceil(wanted / groups)));
}
