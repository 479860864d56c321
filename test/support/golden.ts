import { type GoldenCase, type OpCase, readGolden } from "../conformance/format.ts";
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

/** The cases of one operator, by the vectors' name of it: `"max_pool2d"`. */
export async function goldenCases(op: string): Promise<OpCase[]> {
  const cases = (await allGoldenCases()).filter((found): found is OpCase => found.kind === "op" && found.op === op);
  if (cases.length === 0) throw new Error(`test/golden has no case of ${op}`);
  return cases;
}

/** Runs every reference case of an operator, outputs and gradients; throws at the first beyond its tolerances. */
export async function checkGolden(op: string): Promise<void> {
  for (const goldenCase of await goldenCases(op)) await checkCase(goldenCase);
}

/** Throws unless the case passes. */
export async function checkCase(goldenCase: GoldenCase): Promise<void> {
  const { status, message } = await runCase(await testGpu(), goldenCase);
  if (status === "passed") return;
  throw new Error(`${goldenCase.id}: ${message ?? "the engine does not know this operator"}`);
}
