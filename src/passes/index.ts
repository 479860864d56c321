import type { Target } from "../core/call.ts";
import type { Graph } from "../core/graph.ts";
import type { Plan } from "../core/plan.ts";
import { verify } from "../core/verify.ts";
import { absorb } from "./absorb.ts";
import { foldViews } from "./foldViews.ts";
import { fuse } from "./fuse.ts";
import { join } from "./join.ts";
import type { VariableLayout } from "./layout.ts";
import { type MemoryOptions, planMemory } from "./planMemory.ts";
import { prepare } from "./prepare.ts";
import { prune } from "./prune.ts";
import { schedule } from "./schedule.ts";

/** A pass that makes results of the forward pass again: what `recompute()` gives. */
export interface Recompute {
  readonly policy: string;
  /** @internal */
  pass(graph: Graph, target: Target): Graph;
}

export interface PlanOptions extends MemoryOptions {
  /** Join gradients with their forward nodes, elementwise nodes with each other and with the kernels around. Off only in tests. */
  readonly fuse?: boolean;
  /** Results of the forward pass that the backward pass makes again instead of keeping them. Default: none. */
  readonly recompute?: Recompute | null;
}

/** Graph to graph: everything that is decided before kernels are. The graph is verified after each pass. */
export function optimize(graph: Graph, { fuse: joins = true }: PlanOptions = {}): Graph {
  const passes = [prune, foldViews, ...(joins ? [join, absorb, fuse] : [])];
  return passes.reduce((current, pass) => verify(pass(current), pass.name), verify(graph, "building"));
}

/** Graph to plan: what runs, where each tensor lies, how many bytes and flops it takes. No GPU is needed. */
export function plan(graph: Graph, layout: VariableLayout, target: Target, options: PlanOptions = {}): Plan {
  const prepared = verify(prepare(optimize(graph, options), layout, target), "prepare");
  const again = options.recompute;
  const final = again ? verify(again.pass(prepared, target), "recompute") : prepared;
  return planMemory(final, schedule(final, target), layout, target, options);
}
