import type { Choice, Target } from "../core/call.ts";
import { LimitError, ShaderError } from "../core/errors.ts";
import { type Graph, makeGraph, makeNode, makeVariable, type Node } from "../core/graph.ts";
import { optimize, plan } from "../passes/index.ts";
import type { VariableLayout } from "../passes/layout.ts";
import { prepare } from "../passes/prepare.ts";
import { schedule } from "../passes/schedule.ts";
import { CommandGraph } from "./commandGraph.ts";
import type { Gpu } from "./gpu.ts";
import type { Progress } from "./pipelines.ts";
import { timeRuns } from "./timing.ts";
import { Variables } from "./variables.ts";

export interface TuneParts {
  readonly gpu: Gpu;
  readonly graph: Graph;
  readonly layout: VariableLayout;
  /** What it has in `tuned` is not measured again. */
  readonly target: Target;
  /** No choice is begun after so long; the one under way is finished. */
  readonly seconds: number;
  /** Choices that are done, of how many. */
  readonly onProgress?: Progress | undefined;
}

/** What was found for one choice: names of variants, and milliseconds of all kernels of the operator. */
export interface TunedChoice {
  readonly key: string;
  /** What is taken without a measurement. */
  readonly usual: string;
  /** Milliseconds that it takes. */
  readonly usualMs: number;
  /** What is taken from now on; the usual one where nothing is clearly better. */
  readonly best: string;
  /** Milliseconds that it takes. */
  readonly bestMs: number;
}

export interface Tuned {
  readonly choices: readonly TunedChoice[];
  /** Choices that time was too short for, or no variant of which could run alone. */
  readonly left: number;
}

/** Variants of a choice that are timed: the best estimates. */
const mostVariants = 6;
/** Clocks of browsers go in steps of 0.1 ms, of which this is many. */
const leastMs = 2;
const mostRepeats = 1000;
/** Turns in which each variant is timed once; its best time counts, since whatever else happens only adds to it. */
const rounds = 3;
/** A variant must be so much faster than the usual one to take its place: less is noise. */
const leastGain = 0.05;

/**
 * Times the variants of every kernel choice that a graph leaves open, each operator alone on tensors of zeros, and says
 * which is the fastest on this device. Where work is most it begins. All variants compute the same up to the order
 * of sums; their pipelines stay in the cache, so those that are taken need not be compiled again.
 */
export async function tuneGraph({ gpu, graph, layout, target, seconds, onProgress }: TuneParts): Promise<Tuned> {
  const until = performance.now() + 1000 * seconds;
  const questions = questionsOf(prepare(optimize(graph), layout, target), target);
  const choices: TunedChoice[] = [];
  let done = 0;
  for (const question of questions) {
    if (performance.now() >= until) break;
    onProgress?.(done, questions.length);
    const found = await answer(gpu, question, target, until);
    if (found) choices.push(found);
    done++;
  }
  if (questions.length > 0) onProgress?.(questions.length, questions.length);
  return { choices, left: questions.length - choices.length };
}

interface OpenChoice {
  readonly choice: Choice;
  /** The first node that asks. */
  readonly node: Node;
  /** Of all nodes that ask. */
  flops: number;
}

/** The choices that were not measured before, those with the most work first. */
function questionsOf(graph: Graph, target: Target): OpenChoice[] {
  const open = new Map<string, OpenChoice>();
  for (const node of graph.nodes) {
    const heard: Choice[] = [];
    const listening = { ...target, onChoice: (choice: Choice) => heard.push(choice) };
    const calls = schedule({ ...graph, nodes: [node] }, listening);
    const flops = calls.reduce((sum, { call }) => sum + call.flops, 0);
    for (const choice of heard) {
      if (choice.variants.length < 2 || target.tuned?.has(choice.key)) continue;
      const question = open.get(choice.key) ?? { choice, node, flops: 0 };
      question.flops += flops;
      open.set(choice.key, question);
    }
  }
  return [...open.values()].sort((a, b) => b.flops - a.flops);
}

/** Times the variants of one choice in turns; null where time was too short for one turn, or none could run. */
async function answer(
  gpu: Gpu,
  { choice, node }: OpenChoice,
  target: Target,
  until: number,
): Promise<TunedChoice | null> {
  const { key, taken } = choice;
  const names = [...new Set([taken, ...choice.variants])].slice(0, mostVariants);
  const { graph, variables } = alone(node);
  const store = new Variables(gpu, variables);
  const commands: CommandGraph[] = [];
  try {
    const runs: Run[] = [];
    for (const name of names) {
      const tuned = new Map([...(target.tuned ?? []), [key, name]]);
      const compiled = await compile(graph, store, { ...target, tuned });
      if (!compiled) continue;
      commands.push(compiled);
      // The first run finds cold memory.
      await timeRuns(compiled, 1);
      runs.push({ name, commands: compiled, repeats: 1, ms: Number.POSITIVE_INFINITY });
      if (performance.now() >= until && runs.length < names.length) return null;
    }
    for (let round = 0; round < rounds && (round === 0 || performance.now() < until); round++) {
      for (const run of runs) run.ms = Math.min(run.ms, await timeOf(run));
    }
    const usual = runs.find(({ name }) => name === taken);
    if (!usual) return null;
    const fastest = runs.reduce((least, run) => (run.ms < least.ms ? run : least), usual);
    const best = fastest.ms <= (1 - leastGain) * usual.ms ? fastest : usual;
    return { key, usual: taken, usualMs: usual.ms, best: best.name, bestMs: best.ms };
  } finally {
    for (const one of commands) one.dispose();
    store.dispose();
  }
}

/** A variant that is timed: in so many repeats, at best so many milliseconds. */
interface Run {
  readonly name: string;
  readonly commands: CommandGraph;
  repeats: number;
  ms: number;
}

/**
 * Milliseconds of a variant, timed for long enough. Each time is looked at anew: one that was long by chance would leave
 * too few repeats to those after it, of which the clock then shows nothing.
 */
async function timeOf(run: Run): Promise<number> {
  for (;;) {
    const ms = await timeRuns(run.commands, run.repeats);
    const wanted = Math.min(mostRepeats, Math.ceil(leastMs / Math.max(ms, 1e-3)));
    if (wanted < 2 * run.repeats) return ms;
    run.repeats = wanted;
  }
}

/** A graph of this node alone, which reads tensors of its own. */
function alone(node: Node) {
  const variables = node.inputs.map(({ type }, i) =>
    makeVariable({ name: `operand${i}`, role: "data", type, initial: { kind: "constant", value: 0 } }),
  );
  const inputs = variables.map(({ value }) => value);
  const { outputs } = makeNode({ ...node, inputs, types: node.outputs.map(({ type }) => type) });
  return { graph: makeGraph("tune", Object.fromEntries(outputs.map((value, i) => [`y${i}`, value]))), variables };
}

/** Null where a variant is more than the device takes: such a one is none to choose. */
async function compile(graph: Graph, store: Variables, target: Target): Promise<CommandGraph | null> {
  try {
    return await CommandGraph.compile(plan(graph, store.layout, target), store);
  } catch (error) {
    if (error instanceof ShaderError || error instanceof LimitError) return null;
    throw error;
  }
}
