import type { Engine, Trainer } from "../engines/engine.ts";
import { networks } from "../networks/index.ts";
import type { NetworkName } from "../networks/network.ts";
import { weightsOf } from "../networks/weights.ts";
import { countCalls } from "./counters.ts";

/** A run of steps, timed from the first submission until the last loss has been read. */
export interface Block {
  readonly steps: number;
  readonly ms: number;
  /** Of `ms`, until the host had submitted everything. */
  readonly jsMs: number;
  /** Of the steps, without those of a reading alone. */
  readonly dispatches: number;
  readonly submits: number;
  readonly loss: number;
}

export interface PageTask {
  readonly network: NetworkName;
  readonly batch: number;
  readonly dropout: boolean;
}

/** What the command calls in an engine's page. */
export interface BenchPage {
  /** Readies the device, makes the network, and does its first step; `ms` is from after the device to the first loss. */
  open(task: PageTask): Promise<{ readonly ms: number; readonly loss: number }>;
  block(steps: number): Promise<Block>;
  /** Null where no WebGPU buffer was made. */
  peakBytes(): number | null;
}

declare global {
  interface Window {
    bench?: BenchPage;
  }
}

/** Puts an engine at the command's disposal as `window.bench`. */
export function servePage(engine: Engine): void {
  const counts = countCalls();
  let trainer: Trainer | null = null;

  async function block(steps: number): Promise<Block> {
    if (!trainer) throw new Error("bench: a block before open");
    const before = counts();
    const start = performance.now();
    for (let step = 0; step < steps; step++) trainer.step();
    const stepped = performance.now();
    const loss = await trainer.loss();
    const ms = performance.now() - start;
    const done = counts();
    await trainer.loss();
    const again = counts();
    return {
      steps,
      ms,
      // Some engines submit within the call of a step, some not before they are asked for a number.
      jsMs: Math.max(stepped, done.lastSubmit) - start,
      dispatches: 2 * done.dispatches - before.dispatches - again.dispatches,
      submits: 2 * done.submits - before.submits - again.submits,
      loss,
    };
  }

  window.bench = {
    async open({ network: name, batch, dropout }) {
      const network = networks[name];
      const examples = network.examples(batch);
      const task = { network, weights: weightsOf(network), examples, dropout: dropout ? network.dropout : 0 };
      const train = await engine();
      const start = performance.now();
      trainer = await train(task);
      const { loss } = await block(1);
      return { ms: performance.now() - start, loss };
    },
    block,
    peakBytes: () => counts().peakBytes || null,
  };
}
