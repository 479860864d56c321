import type { Adapter } from "../conformance/adapter.ts";
import { showFailure } from "../conformance/compare.ts";
import { readGolden } from "../conformance/format.ts";
import { runOp } from "../conformance/runOp.ts";
import { testGpu } from "./run.ts";

/** Runs every reference case of an operator, outputs and gradients; throws at the first beyond its tolerances. */
export async function checkGolden(op: string, adapter: Adapter | undefined): Promise<void> {
  if (!adapter) throw new Error(`no adapter for ${op}`);
  const fetched = async (name: string) => {
    const response = await fetch(`/test/golden/${name}`);
    return response.ok ? response.arrayBuffer() : null;
  };
  const cases = await readGolden(fetched, new RegExp(`^${op}$`));
  if (cases.length === 0) throw new Error(`test/golden has no case of ${op}`);
  for (const found of cases) {
    if (found.kind !== "op") continue;
    const { failure } = await runOp(await testGpu(), adapter, found);
    if (failure) throw new Error(`${found.id}: ${showFailure(failure)}`);
  }
}
