import { stepFlops } from "../networks/flops.ts";
import type { BenchNetwork } from "../networks/network.ts";
import type { Block } from "../page/page.ts";
import { type Spread, spreadOf } from "../spread.ts";
import type { EngineName } from "./engines.ts";

/** What one engine did with one network; all null but the reason where it cannot train it. */
export interface Row {
  readonly peer: EngineName;
  readonly version: string;
  readonly model: string;
  readonly batch: number;
  readonly msStep: Spread | null;
  readonly imagesPerSecond: number | null;
  /** GFLOP/s, by one count of flops for every engine. */
  readonly gflops: number | null;
  /** Median ms/step over wgrad's; null without wgrad. */
  readonly ratio: number | null;
  /** From a ready device to the first loss: network, weights, shaders, one step. */
  readonly firstStepMs: number | null;
  /** A step; of WebGL: draws. */
  readonly dispatches: number | null;
  /** A step; null for WebGL. */
  readonly submits: number | null;
  /** A step, until the host had submitted it. */
  readonly jsMs: number | null;
  /** While steps are done one by one; null for WebGL. */
  readonly peakBytes: number | null;
  /** Of the first steps, without dropout. */
  readonly losses: readonly number[];
  readonly blocks: number;
  readonly stepsPerBlock: number;
  /** Whether the losses are those of the first engine; null where there is nothing to compare. */
  readonly agrees: boolean | null;
  /** Why the engine cannot train the network. */
  readonly cannot: string | null;
}

/** What was measured of an engine that trains. */
export interface Measured {
  readonly firstStepMs: number;
  readonly losses: readonly number[];
  readonly peakBytes: number | null;
  readonly blocks: readonly Block[];
}

interface Entry {
  readonly peer: EngineName;
  readonly version: string;
  readonly network: BenchNetwork;
  readonly batch: number;
}

export function measuredRow({ peer, version, network, batch }: Entry, measured: Measured): Row {
  const perStep = (of: (block: Block) => number) => spreadOf(measured.blocks.map((block) => of(block) / block.steps));
  const msStep = perStep(({ ms }) => ms);
  const { peakBytes } = measured;
  return {
    peer,
    version,
    model: network.name,
    batch,
    msStep,
    imagesPerSecond: (1000 * batch) / msStep.median,
    gflops: stepFlops(network, batch) / msStep.median / 1e6,
    ratio: null,
    firstStepMs: measured.firstStepMs,
    dispatches: perStep(({ dispatches }) => dispatches).median,
    submits: peakBytes === null ? null : perStep(({ submits }) => submits).median,
    jsMs: perStep(({ jsMs }) => jsMs).median,
    peakBytes,
    losses: measured.losses,
    blocks: measured.blocks.length,
    stepsPerBlock: measured.blocks[0]?.steps ?? 0,
    agrees: null,
    cannot: null,
  };
}

export function cannotRow({ peer, version, network, batch }: Entry, cannot: string): Row {
  const nothing = { msStep: null, imagesPerSecond: null, gflops: null, ratio: null, firstStepMs: null };
  const counts = { dispatches: null, submits: null, jsMs: null, peakBytes: null };
  const work = { losses: [], blocks: 0, stepsPerBlock: 0, agrees: null };
  return { peer, version, model: network.name, batch, ...nothing, ...counts, ...work, cannot };
}

/** Adds what a row says beside others: the ratio to wgrad, and whether it agrees with the first. */
export function besideEachOther(rows: readonly Row[], disagreeing: ReadonlySet<string>): Row[] {
  const own = rows.find(({ peer }) => peer === "wgrad")?.msStep?.median;
  const compared = rows.filter(({ cannot }) => cannot === null).length > 1;
  return rows.map((row) => ({
    ...row,
    ratio: own && row.msStep ? row.msStep.median / own : null,
    agrees: compared && row.cannot === null ? !disagreeing.has(row.peer) : null,
  }));
}
