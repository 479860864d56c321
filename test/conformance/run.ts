import { Gpu } from "../../src/gpu/gpu.ts";
import { type Comparison, type Failure, showFailure } from "./compare.ts";
import type { GoldenCase } from "./format.ts";
import { adapters } from "./ops.ts";
import { runOp } from "./runOp.ts";
import { runOptimizer } from "./runOptimizer.ts";
import { runTrain } from "./runTrain.ts";

/** What became of one case. */
export interface CaseRecord {
  readonly op: string;
  readonly id: string;
  readonly status: "passed" | "failed" | "unsupported";
  /** Largest error over tolerance of all its tensors; Infinity where a number is NaN or a case threw. */
  readonly worst: number;
  readonly failure?: Failure;
  /** Why it failed or is not supported, in one line. */
  readonly message?: string;
}

/** Runs the cases one after the other, on one device while it is sound. */
export async function runCases(
  cases: readonly GoldenCase[],
  gpu: Gpu,
  onRecord: (record: CaseRecord) => void,
): Promise<void> {
  let current = gpu;
  for (const goldenCase of cases) {
    onRecord(await runCase(current, goldenCase));
    // An error of the browser spoils the device for good: the next case gets a new one.
    if (isSound(current)) continue;
    if (current !== gpu) current.dispose();
    current = await Gpu.create();
  }
  if (current !== gpu) current.dispose();
}

/** Runs one case. A thrown error is a failure with its message. */
export async function runCase(gpu: Gpu, goldenCase: GoldenCase): Promise<CaseRecord> {
  const { op, id } = goldenCase;
  try {
    const comparison = await comparisonOf(gpu, goldenCase);
    if (comparison === null) return { op, id, status: "unsupported", worst: 0 };
    const { worst, failure } = comparison;
    if (!failure) return { op, id, status: "passed", worst };
    return { op, id, status: "failed", worst, failure, message: showFailure(failure) };
  } catch (error) {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { op, id, status: "failed", worst: Number.POSITIVE_INFINITY, message: message.replace(/\s*\n\s*/g, " ") };
  }
}

/** Null where the engine does not know the operator, the optimizer or the model. */
async function comparisonOf(gpu: Gpu, goldenCase: GoldenCase): Promise<Comparison | null> {
  if (goldenCase.kind === "optimizer") return runOptimizer(gpu, goldenCase);
  if (goldenCase.kind === "train") return runTrain(gpu, goldenCase);
  const adapter = adapters[goldenCase.op];
  return adapter ? runOp(gpu, adapter, goldenCase) : null;
}

function isSound(gpu: Gpu): boolean {
  try {
    gpu.check();
    return true;
  } catch {
    return false;
  }
}
