import { describe, expect, test } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import { adagrad, adam, adamW, rmsprop, sgd } from "../../src/nn/optimizers.ts";

const near = (got: ArrayLike<number>, want: readonly number[]) => {
  expect([...Array.from(got)]).toEqual(want.map(Math.fround));
};

describe("what the host writes for a step", () => {
  test("gradient descent", () => near(sgd({ weightDecay: 0.5, clipValue: 3 }).hyper(4, 0.1), [3, 0.1, 0.5]));

  test("momentum: the first gradient enters whole, whatever the dampening", () => {
    const optimizer = sgd({ momentum: 0.9, dampening: 0.25 });
    near(optimizer.hyper(1, 0.1), [0, 0.1, 0, 0.9, 1, 0, 1]);
    near(optimizer.hyper(2, 0.1), [0, 0.1, 0, 0.9, 0.75, 0, 1]);
    near(sgd({ momentum: 0.9, nesterov: true }).hyper(1, 0.1), [0, 0.1, 0, 0.9, 1, 1, 0.9]);
    near(sgd({ momentum: 0.75, velocity: "average" }).hyper(1, 0.1), [0, 0.1, 0, 0.75, 0.25, 0, 1]);
  });

  test("Adam's bias corrections: exact at step 1, gone after a million", () => {
    const optimizer = adam();
    const first = optimizer.hyper(1, 0.001);
    expect(first[7]).toBeCloseTo(0.01, 9);
    expect(first[8]).toBeCloseTo(1 / Math.sqrt(0.001), 4);
    const late = optimizer.hyper(1_000_000, 0.001);
    near(late.slice(7, 9), [0.001, 1]);
  });

  test("weight decay joins the gradient in Adam and the parameter in AdamW", () => {
    near(adam({ weightDecay: 0.25 }).hyper(1, 0.5).slice(1, 3), [0.25, 0]);
    near(adamW({ weightDecay: 0.25 }).hyper(1, 0.5).slice(1, 3), [0, 0.125]);
    near(adamW().hyper(1, 0.5).slice(1, 3), [0, 0.005]);
  });

  test("Adagrad's rate falls; RMSprop sends both factors", () => {
    near(adagrad({ learningRateDecay: 0.5 }).hyper(3, 1), [0, 0.5, 0, 1e-10]);
    near(rmsprop({ rho: 0.75, momentum: 0.5 }).hyper(1, 1), [0, 1, 0, 0.75, 0.25, 0.5, 1e-8]);
  });

  test("it is as long as it says, and steps count from 1", () => {
    for (const optimizer of [sgd(), sgd({ momentum: 0.9 }), adam(), adamW(), rmsprop(), adagrad()]) {
      expect(optimizer.hyper(1, 0.1)).toHaveLength(optimizer.hyperSize);
      expect(() => optimizer.hyper(0, 0.1)).toThrow(/step 0; wanted a whole number of at least 1/);
    }
  });
});

test("slots are those that the options need", () => {
  expect(sgd().slots).toEqual({});
  expect(sgd({ momentum: 0.9 }).slots).toEqual({ velocity: 0 });
  expect(adam().slots).toEqual({ firstMoment: 0, secondMoment: 0 });
  expect(adam({ amsgrad: true }).slots).toEqual({ firstMoment: 0, secondMoment: 0, peakMoment: 0 });
  expect(rmsprop({ centered: true, momentum: 0.5 }).slots).toEqual({ meanSquare: 0, meanGradient: 0, velocity: 0 });
  expect(adagrad({ initialAccumulatorValue: 0.1 }).slots).toEqual({ accumulator: 0.1 });
});

describe("wrong options say name, seen and wanted", () => {
  test.each<[() => unknown, RegExp]>([
    [() => sgd({ learningRate: -1 }), /learningRate: -1 at step 0; wanted a finite number, 0 or more/],
    [() => sgd({ momentum: Number.NaN }), /sgd: momentum NaN; wanted momentum to be 0 or more/],
    [() => sgd({ nesterov: true }), /wanted momentum above 0 with it/],
    [() => sgd({ momentum: 0.9, nesterov: true, dampening: 0.1 }), /dampening 0.1 with nesterov; wanted one of them/],
    [() => sgd({ momentum: 0.9, velocity: "mean" as "sum" }), /velocity "mean"; wanted one of sum, average/],
    [() => sgd({ lr: 0.1 } as object), /option lr; wanted one of learningRate/],
    [() => sgd({ clipNorm: 1, clipValue: 1 }), /clipNorm and clipValue; wanted one of them/],
    [() => sgd({ clipNorm: 0 }), /clipNorm 0; wanted clipNorm to be above 0/],
    [() => adam({ beta1: 1 }), /beta1 1; wanted beta1 to be between 0 and 1/],
    [() => adam({ epsilon: 0 }), /epsilon 0/],
    [() => adamW({ weightDecay: -0.1 }), /weightDecay -0.1/],
    [() => rmsprop({ rho: 0 }), /rho 0/],
    [() => adagrad({ initialAccumulatorValue: -1 }), /initialAccumulatorValue -1/],
    [() => adam({ momentum: 0.9 } as object), /option momentum/],
  ])("%s", (make, message) => {
    expect(make).toThrow(GraphError);
    expect(make).toThrow(message);
  });
});
