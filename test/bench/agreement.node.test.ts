import { expect, test } from "vitest";
import { findDisagreements, showDisagreement } from "../../bench/headToHead/agreement.ts";

const wgrad = { peer: "wgrad", losses: [2.3, 2.2, 2.1, 2.0] };

test("equal but for rounding is agreement", () => {
  const peer = { peer: "a", losses: [2.30001, 2.20003, 2.10003, 2.001] };
  expect(findDisagreements([wgrad, peer])).toEqual([]);
});

test("another first loss is another forward pass", () => {
  const [found, ...more] = findDisagreements([wgrad, { peer: "a", losses: [2.3005, 2.2, 2.1] }]);
  expect(more).toEqual([]);
  expect(found).toMatchObject({ peer: "a", reference: "wgrad", step: 1, seen: 2.3005, wanted: 2.3 });
});

test("a loss that comes another way is another gradient", () => {
  // One layer that does not learn: the loss falls by nine tenths of what it should.
  const steps = findDisagreements([wgrad, { peer: "a", losses: [2.3, 2.21, 2.12, 2.03] }]).map(({ step }) => step);
  expect(steps).toEqual([2, 3, 4]);
});

test("NaN agrees with nothing, not even itself", () => {
  const nan = { peer: "a", losses: [2.3, Number.NaN] };
  expect(findDisagreements([wgrad, nan])).toHaveLength(1);
  expect(findDisagreements([nan, { ...nan, peer: "b" }])).toHaveLength(1);
});

test("slow engines are compared over the steps that they did; one engine agrees", () => {
  expect(findDisagreements([wgrad, { peer: "a", losses: [2.3, 2.2] }])).toEqual([]);
  expect(findDisagreements([wgrad])).toEqual([]);
  expect(findDisagreements([])).toEqual([]);
});

test("a line says who, where and by how much", () => {
  const [found] = findDisagreements([wgrad, { peer: "jax-js", losses: [2.4] }]);
  expect(found && showDisagreement(found)).toBe(
    "jax-js computes something else: its loss at step 1 is 2.40000, that of wgrad is 2.30000; 0.000230000 apart would do.",
  );
});
