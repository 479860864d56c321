import { describe, expect, test } from "vitest";
import { type Choice, defaultTarget } from "../../src/core/call.ts";
import type { ShaderModule } from "../../src/core/shader.ts";
import { bucket, pick, versionOf } from "../../src/ops/pick.ts";
import { tunedDefaults } from "../../src/ops/tunedDefaults.ts";
import { lenet5Plan } from "../support/trainStep.ts";

const shader = (source: string, uses: readonly ShaderModule[] = []): ShaderModule => ({
  path: "kernel",
  source,
  bindings: [],
  constants: {},
  uses,
});

const candidates = [
  { variant: { rows: 4, quad: false }, cost: 3 },
  { variant: { rows: 8, quad: true }, cost: 1 },
  { variant: { rows: 16, quad: false }, cost: 1 },
];
const question = { kind: "gemm", kernels: [shader("a")], shape: { m: 64, n: 5 } };
const key = `gemm ${versionOf([shader("a")])}: m 64, n 5`;

describe("a variant is picked", () => {
  test("by its estimate, the first of equals", () => {
    expect(pick(defaultTarget, question, candidates)).toEqual({ rows: 8, quad: true });
  });

  test("by measurement, where there is one for this key and version", () => {
    const tuned = new Map([[key, "rows 4, quad false"]]);
    expect(pick({ ...defaultTarget, tuned }, question, candidates)).toEqual({ rows: 4, quad: false });
    const edited = { ...question, kernels: [shader("b")] };
    expect(pick({ ...defaultTarget, tuned }, edited, candidates)).toEqual({ rows: 8, quad: true });
  });

  test("by its estimate, where the fastest of other shapes does not exist for this one", () => {
    const tuned = new Map([[key, "rows 32, quad false"]]);
    expect(pick({ ...defaultTarget, tuned }, question, candidates)).toEqual({ rows: 8, quad: true });
  });

  test("and who listens hears of it, the best estimate first", () => {
    const heard: Choice[] = [];
    const tuned = new Map([[key, "rows 16, quad false"]]);
    pick({ ...defaultTarget, tuned, onChoice: (choice) => heard.push(choice) }, question, candidates);
    const variants = ["rows 8, quad true", "rows 16, quad false", "rows 4, quad false"];
    expect(heard).toEqual([{ key, variants, taken: "rows 16, quad false" }]);
  });

  test("never from nothing", () => {
    expect(() => pick(defaultTarget, question, [])).toThrow("gemm: no variant of the kernel; wanted one or more.");
  });
});

test("lengths share a key up to the next power of two; short ones have their own", () => {
  expect([1, 9, 32, 33, 64, 65, 50_176].map(bucket)).toEqual([1, 9, 32, 64, 64, 128, 65_536]);
});

test("the version of a kernel changes with what it uses", () => {
  const versions = [
    [shader("a")],
    [shader("b")],
    [shader("a", [shader("c")])],
    [shader("a", [shader("d")])],
    [shader("a"), shader("b")],
    [shader("b"), shader("a")],
  ].map(versionOf);
  expect(new Set(versions).size).toBe(versions.length);
  expect(versions.every((version) => /^[0-9a-f]{8}$/.test(version))).toBe(true);
});

describe.each([
  ["a GPU", {}],
  ["a software adapter", { software: true, subgroups: true }],
])("the training step of LeNet-5 on %s", (_, target) => {
  const heard: Choice[] = [];
  const usual = lenet5Plan(64, { ...target, onChoice: (choice) => heard.push(choice) });

  test("asks for each of its products and convolutions", () => {
    const asked = usual.calls.filter(({ call }) => /^(conv2d\w*|dense|dense\/kernelGradient|matmul)$/.test(call.name));
    expect(heard.length).toBe(asked.length);
    expect(heard.every(({ variants, taken }) => variants[0] === taken)).toBe(true);
  });

  test("is the same for those who do not listen", () => {
    expect(lenet5Plan(64, target).calls.map(({ call }) => call.constants)).toEqual(
      usual.calls.map(({ call }) => call.constants),
    );
  });

  test("changes by what was measured, and only there", () => {
    const [choice] = heard.filter(({ variants }) => variants.length > 1);
    const tuned = new Map([[choice?.key ?? "", choice?.variants[1] ?? ""]]);
    const calls = lenet5Plan(64, { ...target, tuned }).calls.map(({ call }) => JSON.stringify(call.constants));
    const changed = calls.filter((constants, i) => constants !== JSON.stringify(usual.calls[i]?.call.constants));
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.length).toBeLessThan(4);
  });
});

test("the choices that ship name kernels as they are now", () => {
  const asked = new Map<string, readonly string[]>();
  for (const target of [{}, { software: true, subgroups: true }]) {
    lenet5Plan(64, { ...target, onChoice: ({ key: own, variants }) => asked.set(own, variants) });
  }
  const versions = new Set([...asked.keys()].map((own) => own.split(":")[0]));
  for (const row of Object.values(tunedDefaults).flatMap(Object.keys)) expect(versions).toContain(row.split(":")[0]);
});
