import { type Graph, leavesOf, makeGraph } from "../../src/core/graph.ts";
import type { Plan, PlannedCall } from "../../src/core/plan.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { Variables } from "../../src/gpu/variables.ts";
import { plan } from "../../src/passes/index.ts";
import type { CaseGraph, KernelCase } from "./kernelCase.ts";

/** One timed block of one case. */
export interface Visit {
  /** For one run of the case's dispatches. */
  readonly ms: number;
  /** Runs in the block. */
  readonly runs: number;
  readonly calls: readonly PlannedCall[];
  /** Pipelines that were not there before, and what they took. */
  readonly pipelines: number;
  readonly compileMs: number;
}

/** A block is at least this long: browsers round their clocks, and a wait for the GPU costs up to 2.5 ms. */
const blockMs = 100;
/** One submit holds about this much work, so that its own cost, about 0.07 ms in a browser, is little. */
const submitMs = 20;
const mostRunsInSubmit = 64;

/**
 * Times one block: the case's dispatches are planned once and repeated within a submit, since a submit costs as much as
 * a small kernel; the block ends when the queue is done. Everything is made afresh and given back, so that a round over
 * all cases needs no more memory than the largest of them; pipelines stay. Timestamp queries are not used: browsers
 * round them to 0.1 ms.
 */
export async function visit(gpu: Gpu, kernelCase: KernelCase): Promise<Visit> {
  const graph = kernelCase.build(gpu.target);
  const whole = wholeGraph(kernelCase.name, graph);
  const store = new Variables(gpu, variablesOf(whole));
  const commands: CommandGraph[] = [];
  const compile = async (planned: Plan) => {
    const made = await CommandGraph.compile(planned, store);
    commands.push(made);
    return made;
  };
  try {
    const planned = plan(whole, store.layout, gpu.target);
    const known = gpu.pipelines.size;
    const start = performance.now();
    const once = await compile(planned);
    const compileMs = performance.now() - start;
    const pipelines = gpu.pipelines.size - known;

    const skipped = graph.before ? plan(makeGraph("before", graph.before), store.layout, gpu.target).calls.length : 0;
    const calls = partOf(planned.calls.slice(skipped), kernelCase.part);
    const single = calls.length === planned.calls.length ? once : await compile({ ...planned, calls });
    // The first run touches fresh memory.
    await elapsed(gpu, once, 1);
    const estimate = await elapsed(gpu, single, 1);
    const inSubmit = Math.min(mostRunsInSubmit, Math.max(1, Math.round(submitMs / estimate)));
    const repeated = inSubmit === 1 ? single : await compile({ ...planned, calls: repeat(calls, inSubmit) });
    const { ms, runs } = await timeBlock(gpu, repeated, inSubmit, estimate);
    return { ms, runs, calls, pipelines, compileMs: pipelines > 0 ? compileMs : 0 };
  } finally {
    for (const each of commands) each.dispose();
    store.dispose();
  }
}

function wholeGraph(name: string, { before = {}, outputs, updates = [] }: CaseGraph): Graph {
  return makeGraph(name, { ...before, ...outputs }, updates);
}

function variablesOf(graph: Graph) {
  return leavesOf(graph).flatMap(({ source }) => (source.kind === "variable" ? [source.variable] : []));
}

function partOf(calls: readonly PlannedCall[], part: KernelCase["part"]): readonly PlannedCall[] {
  if (part === "last") return calls.slice(-1);
  return part === "butLast" ? calls.slice(0, -1) : calls;
}

function repeat(calls: readonly PlannedCall[], times: number): PlannedCall[] {
  return Array.from({ length: times }, () => calls).flat();
}

/** Submits until a block is long enough, judged by `estimate`; a block that proves too short is timed again. */
async function timeBlock(
  gpu: Gpu,
  commands: CommandGraph,
  inSubmit: number,
  estimate: number,
): Promise<{ readonly ms: number; readonly runs: number }> {
  const first = await elapsed(gpu, commands, 1);
  let runMs = Math.min(estimate, first / inSubmit);
  // A long run is its own block.
  if (first >= blockMs && inSubmit === 1) return { ms: first, runs: 1 };
  for (;;) {
    const submits = Math.max(1, Math.ceil((1.1 * blockMs) / (runMs * inSubmit)));
    const total = await elapsed(gpu, commands, submits);
    runMs = total / (submits * inSubmit);
    if (total >= blockMs) return { ms: runMs, runs: submits * inSubmit };
  }
}

/** Milliseconds for so many submits, all of them waited for. */
async function elapsed(gpu: Gpu, commands: CommandGraph, submits: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < submits; i++) commands.run();
  await gpu.device.queue.onSubmittedWorkDone();
  gpu.check();
  // Clocks of browsers stand still for 0.1 ms.
  return Math.max(0.05, performance.now() - start);
}
