import type { BenchNetwork } from "../networks/network.ts";
import type { Block } from "../page/page.ts";
import { spreadOf } from "../spread.ts";
import { findDisagreements, showDisagreement } from "./agreement.ts";
import type { EngineName } from "./engines.ts";
import { besideEachOther, cannotRow, measuredRow, type Row } from "./rows.ts";
import type { Session, StartSession } from "./session.ts";

/** Losses that are compared, of so many steps from the same weights on, as far as the time below allows. */
const comparedSteps = 5;
const comparedMs = 60_000;
/** A block is as many steps as fit this time, and at least one. */
const blockMs = 1500;
const mostSteps = 100;
/** An engine whose blocks take longer than this together does fewer of them, and at least two. */
const timedMs = 90_000;

export interface MeasureOptions {
  readonly start: StartSession;
  readonly network: BenchNetwork;
  readonly peers: readonly EngineName[];
  readonly versionOf: (peer: EngineName) => string;
  readonly batch: number;
  readonly blocks: number;
  readonly onProgress: (line: string) => void;
}

/** An engine that is warm, and how its blocks are cut. */
interface Contestant {
  readonly session: Session;
  readonly firstStepMs: number;
  readonly losses: readonly number[];
  readonly peakBytes: number | null;
  readonly stepsPerBlock: number;
  readonly blockCount: number;
  readonly blocks: Block[];
}

export interface NetworkResult {
  readonly rows: readonly Row[];
  /** One line each. */
  readonly disagreements: readonly string[];
}

/** Trains one network with every engine, their blocks in turns: A, B, C, A, B, C, .. */
export async function measureNetwork(options: MeasureOptions): Promise<NetworkResult> {
  const { network, peers, versionOf, batch, blocks, onProgress } = options;
  const contestants = new Map<EngineName, Contestant>();
  const failures = new Map<EngineName, string>();
  try {
    const fail = (peer: EngineName, error: unknown) => {
      const reason = reasonOf(error);
      failures.set(peer, reason);
      onProgress(`${network.title}: ${peer} cannot train it: ${reason}`);
    };
    for (const peer of peers) {
      try {
        const contestant = await warmUp(options, peer);
        contestants.set(peer, contestant);
        onProgress(`${network.title}: ${peer} is warm, ${planOf(contestant)}`);
      } catch (error) {
        fail(peer, error);
      }
    }
    for (let round = 0; round < blocks; round++) {
      for (const [peer, { session, stepsPerBlock, blockCount, blocks: done }] of contestants) {
        if (round >= blockCount || failures.has(peer)) continue;
        try {
          done.push(await session.block(stepsPerBlock));
        } catch (error) {
          fail(peer, error);
        }
      }
    }
  } finally {
    for (const { session } of contestants.values()) await session.close();
  }
  const rows = peers.map((peer) => {
    const contestant = contestants.get(peer);
    const entry = { peer, version: versionOf(peer), network, batch };
    const failure = failures.get(peer);
    return contestant && failure === undefined
      ? measuredRow(entry, contestant)
      : cannotRow(entry, failure ?? "no reason given");
  });
  const disagreements = findDisagreements(rows.filter(({ cannot }) => cannot === null));
  return {
    rows: besideEachOther(rows, new Set(disagreements.map(({ peer }) => peer))),
    disagreements: disagreements.map((disagreement) => `${network.title}: ${showDisagreement(disagreement)}`),
  };
}

function planOf({ firstStepMs, stepsPerBlock, blockCount }: Contestant): string {
  return `first step after ${(firstStepMs / 1000).toFixed(2)} s; ${blockCount} blocks of ${stepsPerBlock}`;
}

/**
 * The first line of what a page threw, without the names that the browser and the minifier put before it. Errors of a
 * frame are of that frame's own classes.
 */
function reasonOf(error: unknown): string {
  const hasMessage = typeof error === "object" && error !== null && "message" in error;
  const [line = ""] = String(hasMessage ? error.message : error).split("\n");
  return line.replace(/^\w+\.evaluate: (\w+: )?/, "");
}

/**
 * The first steps of an engine: how long the first takes, what the losses are, how long a step is. Masks of dropout differ
 * between engines: a network that has it is trained without it in a page of its own for the losses to compare.
 */
async function warmUp(options: MeasureOptions, peer: EngineName): Promise<Contestant> {
  const { start, network, batch, blocks } = options;
  const session = await start(peer);
  try {
    const task = { network: network.name, batch, dropout: true };
    const { ms: firstStepMs, loss } = await session.open(task);
    const warm = await stepByStep(session, loss, network.dropout > 0 ? 3 : comparedSteps);
    const peakBytes = await session.peakBytes();
    const losses = network.dropout > 0 ? await lossesWithoutDropout(options, peer) : warm.losses;
    const stepsPerBlock = Math.max(1, Math.min(mostSteps, Math.round(blockMs / warm.stepMs)));
    const affordable = Math.max(2, Math.floor(timedMs / (stepsPerBlock * warm.stepMs)));
    return {
      session,
      firstStepMs,
      losses,
      peakBytes,
      stepsPerBlock,
      blockCount: Math.min(blocks, affordable),
      blocks: [],
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function lossesWithoutDropout(
  { start, network, batch }: MeasureOptions,
  peer: EngineName,
): Promise<readonly number[]> {
  const session = await start(peer);
  try {
    const { loss } = await session.open({ network: network.name, batch, dropout: false });
    return (await stepByStep(session, loss, comparedSteps)).losses;
  } finally {
    await session.close();
  }
}

/** Steps up to `count`, the first of which is done, each read: the losses, and the median time of a step. */
async function stepByStep(
  session: Session,
  first: number,
  count: number,
): Promise<{ readonly losses: readonly number[]; readonly stepMs: number }> {
  const steps: Block[] = [];
  let spent = 0;
  while (steps.length < count - 1 && (steps.length === 0 || spent < comparedMs)) {
    const block = await session.block(1);
    steps.push(block);
    spent += block.ms;
  }
  return { losses: [first, ...steps.map(({ loss }) => loss)], stepMs: spreadOf(steps.map(({ ms }) => ms)).median };
}
