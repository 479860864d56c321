import { beforeAll, describe, expect, test } from "vitest";
import { constant, makeVariable } from "../../src/core/graph.ts";
import { tensorType } from "../../src/core/types.ts";
import { adam, type Optimizer, rmsprop, sgd } from "../../src/nn/optimizers.ts";
import { identity } from "../../src/ops/elementwise.ts";
import { evaluate, tensor } from "../support/run.ts";
import { computed, flat, given, readExamples, side } from "../support/workedExamples.ts";

beforeAll(readExamples);

describe("000", () => {
  test("equations 4-7: output sizes (the bars of the book are floors, and valid is N - f + 1)", () => {
    const cases = given("000-outsize", "cases") as readonly (readonly number[])[];
    expect(cases.map(([n = 0, f = 0, p = 0, s = 1]) => side(n, f, p, s))).toEqual(computed("000-outsize", "out"));
  });

  test("1.6 Optimizers, with the errata applied: Adam divides by the corrected second moment", async () => {
    const id = "000-optimizers";
    const rate = Number(given(id, "lr"));
    const beta = Number(given(id, "beta_momentum"));
    const rules: Record<string, Optimizer> = {
      gradient_descent: sgd({ learningRate: rate }),
      momentum_ema_form: sgd({ learningRate: rate, momentum: beta, velocity: "average" }),
      rmsprop: rmsprop({ learningRate: rate, rho: Number(given(id, "beta_rms")), epsilon: Number(given(id, "eps")) }),
      adam: adam({
        learningRate: rate,
        beta1: Number(given(id, "beta1")),
        beta2: Number(given(id, "beta2")),
        epsilon: Number(given(id, "eps")),
      }),
    };
    for (const [name, rule] of Object.entries(rules)) {
      const path = await follow(rule, Number(given(id, "w0")), flat(given(id, "grads")));
      flat(computed(id, name)).forEach((want, i) => {
        expect(path[i], `${name} after step ${i + 1}`).toBeCloseTo(want, 6);
      });
    }
  });
});

/** The values that one weight takes under these gradients. */
async function follow(rule: Optimizer, start: number, gradients: readonly number[]): Promise<number[]> {
  const path: number[] = [];
  let weight = start;
  let states = Object.fromEntries(Object.entries(rule.slots).map(([name, value]) => [name, value]));
  for (const [i, gradient] of gradients.entries()) {
    const variable = (name: string, value: number, state?: string) =>
      makeVariable({
        name,
        role: state ? "slot" : "parameter",
        type: tensorType([1]),
        initial: { kind: "values", data: Float32Array.of(value) },
        ...(state ? { state } : {}),
      });
    const w = variable("w", weight);
    const slots = Object.entries(states).map(([name, value]) => [name, variable(name, value, name)] as const);
    const hyper = rule.hyper(i + 1, rule.learningRate as number);
    const updates = rule.update(
      constant(tensorType([hyper.length]), hyper),
      [w.value],
      [identity(tensor([1], [gradient]))],
      Object.fromEntries(slots.map(([name, slot]) => [name, [slot.value]])),
    );
    const got = await evaluate(
      { w: w.value, ...Object.fromEntries(slots.map(([name, slot]) => [name, slot.value])) },
      { updates, variables: [w, ...slots.map(([, slot]) => slot)] },
    );
    weight = got.w?.[0] ?? Number.NaN;
    states = Object.fromEntries(slots.map(([name]) => [name, got[name as "w"]?.[0] ?? Number.NaN]));
    path.push(weight);
  }
  return path;
}
