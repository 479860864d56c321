/// <reference types="vite/client" />

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { defaultTarget } from "../../src/core/call.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import type { ShaderModule } from "../../src/core/shader.ts";
import { add } from "../../src/ops/elementwise.ts";
import { argumentsOf, type Row, rows } from "../../src/ops/elementwiseTable.ts";
import { catalogue } from "../../src/ops/index.ts";

import { optimize, plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { adjointOf } from "../support/adjointOf.ts";
import { linearOps } from "../support/linearOps.ts";
import type { NonLinearCase } from "../support/nonLinearCase.ts";
import { nonLinearOps } from "../support/nonLinearOps.ts";
import { opsOf } from "../support/opsOf.ts";
import { provedIn, withoutGradient } from "../support/otherOps.ts";
import { randomOps } from "../support/randomOps.ts";
import { randomTensor, tensor } from "../support/run.ts";

/**
 * No operator without a proof of its gradient: the adjoint identity where it is linear (test/ops/adjoint.test.ts), central
 * differences of an f64 reference where it is not (test/ops/centralDifferences.test.ts), or the reason why there is none.
 */
const rowNames = Object.keys(rows).map((name) => `map.${name}`);
const registry = [...catalogue.keys()];
const names = [...registry.flatMap(({ name }) => (name === "map" ? rowNames : [name]))];
const opOf = (name: string) => registry.find((op) => op.name === name);

function gradientsOf({ operands, apply }: NonLinearCase): Record<string, Value> {
  const leaves = operands.map(({ shape, data }) => tensor(shape, data));
  const y = apply(...leaves);
  const gradients = differentiate(y, leaves, add, randomTensor(y.type.shape, 1));
  return Object.fromEntries(gradients.map((value, i) => [`d${i}`, value ?? y]));
}

/** Operators that are the gradient of one that is tried, and are tried with it; or that passes make of the two. */
const tried = Object.values(nonLinearOps).flatMap((cases) =>
  cases.flatMap((each) => {
    const gradients = gradientsOf(each);
    return [...opsOf(gradients), ...optimize(makeGraph("tried", gradients)).nodes.map(({ op }) => op.name)];
  }),
);
const asGradients = new Set(tried.filter((name) => opOf(name) && !opOf(name)?.grad));

describe("every operator has a proof", () => {
  const known = [linearOps, nonLinearOps, provedIn, withoutGradient].flatMap((table) => Object.keys(table));

  test.each(names)("%s", (name) => {
    expect(known.includes(name) || asGradients.has(name), "add it to a table of test/support").toBe(true);
  });

  test("and every proof is of one that there is", () => {
    expect(known.filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe("every proof holds the operator that it is named after", () => {
  test.each(Object.entries(linearOps))("linear: %s", (name, cases) => {
    for (const each of cases) expect([...opsOf(adjointOf(each).values)]).toContain(name);
  });

  test.each(Object.entries(nonLinearOps))("not linear: %s", (name, cases) => {
    expect(cases.flatMap((each) => [...opsOf({ y: each.apply(...leavesOf(each)) })])).toContain(name);
  });

  test.each(Object.entries(provedIn))("%s in %s", (name, file) => {
    expect(readFileSync(file, "utf8")).toMatch(/numericGradient\(/);
    expect(withoutGradient).not.toHaveProperty(name);
  });

  test.each(Object.entries(withoutGradient))("%s has none: %s", (name, why) => {
    expect(why).toMatch(/\w \w/);
    const row: Row | undefined = rows[name.replace("map.", "") as keyof typeof rows];
    if (row)
      expect(
        argumentsOf(row)
          .map((argument) => row[`d${argument}`])
          .filter(Boolean),
      ).toEqual([]);
    else expect(opOf(name)?.noGradient).toBeDefined();
  });
});

function leavesOf({ operands }: NonLinearCase): Value[] {
  return operands.map(({ shape, data }) => tensor(shape, data));
}

describe("no kernel counts on one dimension of workgroups", () => {
  const sources = import.meta.glob<string>("../../shaders/**/*.wgsl", {
    eager: true,
    query: "?raw",
    import: "default",
  });
  /** Dispatched as one workgroup, whatever the tensors. */
  const single = [
    "overlap/mean",
    "metrics/accumulate",
    "optimizers/normTotal",
    "crossEntropy/total",
    "crossEntropy/alone",
  ];
  /** Those of pictures count on two, which the reader holds against the device's limit. */
  const kernels = Object.entries(sources).filter(
    ([path, text]) => text.includes("@compute") && !path.includes("/pictures/"),
  );

  test.each(kernels.map(([path, text]) => [path.replace(/^.*shaders\/|\.wgsl$/g, ""), text] as const))(
    "%s numbers its workgroups by lib/grid",
    (path, text) => expect(text.includes("workgroupIndex(")).toBe(!single.includes(path)),
  );
});

describe("every random operator is run again from its seed", () => {
  /** Shaders that draw: from a counter, or by a permutation of a seed. */
  const draws = ({ path, uses }: ShaderModule): boolean =>
    path === "lib/threefry" || path === "batch/permute" || uses.some(draws);

  test.each(Object.entries(randomOps))("%s draws random numbers", (name, draw) => {
    const { values, variables = [] } = draw(1);
    const graph = makeGraph("draw", { ...values });
    expect(graph.nodes.map(({ op }) => op.name)).toContain(name);
    const { calls } = plan(graph, layVariables(variables), defaultTarget, { fuse: false });
    expect(calls.some(({ call }) => call.shaders.some(draws))).toBe(true);
  });

  test("none is missing", () => {
    const modules = import.meta.glob<Readonly<Record<string, unknown>>>("../../src/ops/*.ts", { eager: true });
    const sources = import.meta.glob<string>("../../src/ops/*.ts", { eager: true, query: "?raw", import: "default" });
    const shaders = import.meta.glob<ShaderModule>("../../shaders/**/*.wgsl", { eager: true, import: "default" });
    const drawing = Object.entries(sources).filter(([, text]) =>
      [...text.matchAll(/from "(\.\.\/\.\.\/shaders\/[\w/-]+\.wgsl)"/g)].some(([, path = ""]) => {
        const shader = shaders[path];
        return shader !== undefined && draws(shader);
      }),
    );
    expect(drawing.length).toBeGreaterThan(3);
    const exported = drawing.flatMap(([path]) =>
      registry.filter((op) => Object.values(modules[path] ?? {}).includes(op)),
    );
    // In one file with randomFill, and of no random numbers.
    expect(exported.map(({ name }) => name).filter((name) => name !== "constantFill" && !(name in randomOps))).toEqual(
      [],
    );
  });
});
