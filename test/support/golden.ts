import { type GoldenCase, readGolden } from "../conformance/format.ts";
import { runCase } from "../conformance/run.ts";
import { testGpu } from "./run.ts";

let all: Promise<GoldenCase[]> | undefined;

/** Every case of test/golden, read once for all tests of a file. */
export function allGoldenCases(): Promise<GoldenCase[]> {
  all ??= readGolden(async (name) => {
    const response = await fetch(`/test/golden/${name}`);
    return response.ok ? response.arrayBuffer() : null;
  });
  return all;
}

/** Runs every reference case of an operator, outputs and gradients; throws at the first beyond its tolerances. */
export async function checkGolden(op: string): Promise<void> {
  const cases = (await allGoldenCases()).filter((found) => found.kind === "op" && found.op === op);
  if (cases.length === 0) throw new Error(`test/golden has no case of ${op}`);
  for (const found of cases) {
    const { id, status, message } = await runCase(await testGpu(), found);
    if (status !== "passed") throw new Error(`${id}: ${message ?? "the engine does not know this operator"}`);
  }
}
