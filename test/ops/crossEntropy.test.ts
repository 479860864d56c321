import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/core/autodiff.ts";
import { defaultTarget } from "../../src/core/call.ts";
import { DTypeError, GraphError, ShapeError } from "../../src/core/errors.ts";
import { makeGraph, type Value } from "../../src/core/graph.ts";
import { type CrossEntropyOptions, nllLoss, softmaxCrossEntropy, sparseFocalLoss } from "../../src/ops/crossEntropy.ts";
import { add, mul } from "../../src/ops/elementwise.ts";
import { optimize, plan } from "../../src/passes/index.ts";
import { layVariables } from "../../src/passes/layout.ts";
import { checkGolden } from "../support/golden.ts";
import { evaluate, numbers, randomTensor, tensor } from "../support/run.ts";

test.each(["cross_entropy", "nll_loss"])("golden vectors of %s", (op) => checkGolden(op));

interface Problem {
  readonly rows: number;
  readonly classes: number;
  readonly reduction: "mean" | "sum" | "none";
  readonly smoothing?: number;
  readonly weighted?: boolean;
  readonly ignoreIndex?: number;
}

/** Cross-entropy in f64, from the definition; `dy` weighs the rows (none) or is one number. */
function reference({ rows, classes, reduction, smoothing = 0, ignoreIndex = -100 }: Problem, problem: Numbers) {
  const { logits, labels, weights, dy } = problem;
  const losses: number[] = [];
  let weightSum = 0;
  const dLogits = new Float64Array(rows * classes);
  for (let r = 0; r < rows; r++) {
    const label = labels[r] ?? 0;
    const s = Array.from({ length: classes }, (_, c) => logits[r * classes + c] ?? 0);
    const top = Math.max(...s);
    const norm = top + Math.log(s.reduce((sum, value) => sum + Math.exp(value - top), 0));
    const a = s.map((_, c) => (weights[c] ?? 1) * ((c === label ? 1 - smoothing : 0) + smoothing / classes));
    const counts = label !== ignoreIndex;
    losses.push(counts ? a.reduce((sum, share, c) => sum + share * (norm - (s[c] ?? 0)), 0) : 0);
    if (!counts) continue;
    weightSum += weights[label] ?? 1;
    const whole = a.reduce((sum, share) => sum + share, 0);
    s.forEach((value, c) => {
      dLogits[r * classes + c] = whole * Math.exp(value - norm) - (a[c] ?? 0);
    });
  }
  const divisor = reduction === "mean" ? weightSum : 1;
  const total = losses.reduce((sum, loss) => sum + loss, 0) / divisor;
  return {
    loss: reduction === "none" ? losses : [total],
    dLogits: dLogits.map((value, i) => {
      return (value * (dy[reduction === "none" ? Math.floor(i / classes) : 0] ?? 0)) / divisor;
    }),
  };
}

interface Numbers {
  readonly logits: Float32Array;
  readonly labels: readonly number[];
  readonly weights: readonly number[];
  readonly dy: Float32Array;
}

describe("against f64", () => {
  test.each<Problem>([
    { rows: 1, classes: 1, reduction: "mean" },
    { rows: 7, classes: 1, reduction: "sum", smoothing: 0.3 },
    { rows: 64, classes: 10, reduction: "mean" },
    { rows: 65, classes: 3, reduction: "none", ignoreIndex: 1 },
    { rows: 129, classes: 11, reduction: "mean", weighted: true, smoothing: 0.1, ignoreIndex: 4 },
    { rows: 3, classes: 1000, reduction: "sum", weighted: true, smoothing: 1 },
    // More rows than invocations in the first stage.
    { rows: 40_000, classes: 2, reduction: "mean", weighted: true, ignoreIndex: 0 },
  ])("%o", async (problem) => {
    const { rows, classes, reduction, smoothing = 0, weighted = false, ignoreIndex = -100 } = problem;
    const logits = numbers(rows * classes, 1).map((value) => value * 5);
    const labels = Array.from(numbers(rows, 2), (value) => Math.floor(((value + 1) / 2) * classes));
    const weights = Array.from({ length: classes }, (_, c) => (weighted ? Math.fround(0.5 + (c % 7) / 10) : 1));
    const dy = numbers(reduction === "none" ? rows : 1, 3);
    const scores = tensor([rows, classes], logits);
    const loss = softmaxCrossEntropy(scores, tensor([rows], labels, "i32"), {
      reduction,
      ignoreIndex,
      labelSmoothing: smoothing,
      ...(weighted ? { classWeights: tensor([classes], weights) } : {}),
    });
    const [dLogits] = differentiate(loss, [scores], add, tensor(loss.type.shape, dy));
    if (!dLogits) throw new Error("no gradient");
    const got = await evaluate({ loss, dLogits });
    const want = reference(problem, { logits, labels, weights, dy });
    expectClose(got.loss, want.loss, 1e-5 * Math.max(...want.loss.map(Math.abs)));
    expectClose(got.dLogits, want.dLogits, 2e-6 * Math.max(1e-30, ...want.dLogits.map(Math.abs)));
  });

  test("from probabilities of another network, smoothed, with class weights", async () => {
    const logits = numbers(4 * 5, 1);
    const raw = numbers(4 * 5, 2).map((value) => value + 1.1);
    const targets = raw.map((value, i) => value / raw.slice(i - (i % 5), i - (i % 5) + 5).reduce((a, b) => a + b));
    const weights = [0.5, 1, 2, 0.25, 1.5];
    const scores = tensor([4, 5], logits);
    const loss = softmaxCrossEntropy(scores, tensor([4, 5], targets), {
      labelSmoothing: 0.2,
      classWeights: tensor([5], weights),
    });
    const got = await evaluate({ loss });
    let want = 0;
    for (let r = 0; r < 4; r++) {
      const s = [...logits.slice(5 * r, 5 * r + 5)];
      const norm = Math.log(s.reduce((sum, value) => sum + Math.exp(value), 0));
      s.forEach((value, c) => {
        want += ((weights[c] ?? 0) * (0.8 * (targets[5 * r + c] ?? 0) + 0.04) * (norm - value)) / 4;
      });
    }
    expectClose(got.loss, [want], 1e-6 * want);
  });
});

test("section 7.3 of 001: cross-entropy of the two examples is 1.3900446 (the book prints 1.39005)", async () => {
  const logits = [-0.0999470257, -0.099943142, 0.100048779, -0.0999489187, 0.100047026, 0.100043142, -0.0999487793];
  const loss = softmaxCrossEntropy(tensor([2, 4], [...logits, 0.100048919]), tensor([2], [0, 1], "i32"));
  expectClose((await evaluate({ loss })).loss, [1.39004455], 1.1e-6);
});

test("categorical cross-entropy of 002: the ten probabilities of the right classes", async () => {
  const probabilities = [0.2, 1, 0.7, 0.9, 0.9, 1, 1, 1, 0.9, 1];
  const scores = tensor([10, 1], probabilities.map(Math.log));
  const loss = nllLoss(scores, tensor([10], new Array(10).fill(0), "i32"));
  expectClose((await evaluate({ loss })).loss, [0.22821944], 1e-6);
});

test("a label out of range makes its row and the sum NaN, and its gradient zero; the other rows stand", async () => {
  for (const label of [-1, 3, 2 ** 31 - 1, -(2 ** 31)]) {
    const logits = randomTensor([4, 3], 7);
    const labels = tensor([4], [0, label, 2, 1], "i32");
    const rows = softmaxCrossEntropy(logits, labels, { reduction: "none" });
    const loss = softmaxCrossEntropy(logits, labels);
    const [gradient] = differentiate(loss, [logits], add);
    if (!gradient) throw new Error("no gradient");
    const got = await evaluate({ rows, loss, gradient });
    expect([...got.rows].map(Number.isNaN)).toEqual([false, true, false, false]);
    expect(got.loss[0]).toBeNaN();
    expect([...got.gradient.slice(3, 6)]).toEqual([0, 0, 0]);
    expect([...got.gradient].every(Number.isFinite)).toBe(true);
  }
});

describe("where nothing takes part", () => {
  // Few and any classes, few and many rows.
  const sizes = [3, 257].flatMap((rows) => [3, 5].map((classes) => [rows, classes] as const));
  const without0 = (classes: number) => tensor([classes], [0, ...new Array<number>(classes - 1).fill(1)]);
  const losses: Record<string, (scores: Value, rows: number, classes: number) => Value> = {
    "rows marked -100": (scores, rows) => softmaxCrossEntropy(scores, labelled(rows, -100)),
    "their sum": (scores, rows) => softmaxCrossEntropy(scores, labelled(rows, -100), { reduction: "sum" }),
    "ignored rows": (scores, rows) => softmaxCrossEntropy(scores, labelled(rows, 1), { ignoreIndex: 1 }),
    "log-probabilities": (scores, rows) => nllLoss(scores, labelled(rows, 1), { ignoreIndex: 1 }),
    "the focal form": (scores, rows) => sparseFocalLoss(scores, labelled(rows, 1), { ignoreIndex: 1 }),
    "a class of weight 0, smoothed": (scores, rows, classes) =>
      softmaxCrossEntropy(scores, labelled(rows, 0), { classWeights: without0(classes), labelSmoothing: 0.1 }),
  };
  const labelled = (rows: number, label: number) => tensor([rows], new Array<number>(rows).fill(label), "i32");

  test.each(sizes)("%i rows of %i classes: loss and gradients are 0", async (rows, classes) => {
    const scores = randomTensor([rows, classes], 8);
    for (const [name, lossOf] of Object.entries(losses)) {
      const loss = lossOf(scores, rows, classes);
      const [gradient] = differentiate(loss, [scores], add);
      if (!gradient) throw new Error("no gradient");
      for (const fuse of [true, false]) {
        const got = await evaluate({ loss, gradient }, { fuse });
        expect(got.loss[0], name).toBe(0);
        expect(
          got.gradient.every((value) => value === 0),
          name,
        ).toBe(true);
      }
    }
  });

  test("labels that are no class still show", async () => {
    const loss = softmaxCrossEntropy(randomTensor([3, 4], 8), labelled(3, 4));
    expect((await evaluate({ loss })).loss[0]).toBeNaN();
  });
});

test("two runs give the same bits", async () => {
  const logits = randomTensor([20_000, 3], 1);
  const labels = tensor(
    [20_000],
    Array.from(numbers(20_000, 2), (value) => Math.floor((value + 1) * 1.5)),
    "i32",
  );
  const loss = softmaxCrossEntropy(logits, labels);
  const [first, second] = [await evaluate({ loss }), await evaluate({ loss })];
  expect([...first.loss]).toEqual([...second.loss]);
});

describe("loss and gradient in one", () => {
  const problem = (rows: number, options: CrossEntropyOptions = {}) => {
    const logits = randomTensor([rows, 5], 1);
    const labels = Array.from(numbers(rows, 2), (value, i) => (i % 7 === 3 ? -100 : Math.floor((value + 1) * 2.5)));
    const loss = softmaxCrossEntropy(logits, tensor([rows], labels, "i32"), options);
    const [gradient] = differentiate(loss, [logits], add, tensor([], [0.7]));
    if (!gradient) throw new Error("no gradient");
    return { loss, gradient };
  };

  test.each([
    [1, {}],
    [65, { reduction: "sum" }],
    [256, { labelSmoothing: 0.1 }],
    [257, {}],
    [20_000, { reduction: "sum" }],
  ] as const)("%i rows, %o: the bits of both alone", async (rows, options) => {
    const outputs = problem(rows, options);
    for (const target of [{}, { software: false, subgroups: false }]) {
      const [joint, apart] = [await evaluate(outputs, { target }), await evaluate(outputs, { target, fuse: false })];
      expect([...joint.loss]).toEqual([...apart.loss]);
      expect([...joint.gradient]).toEqual([...apart.gradient]);
    }
  });

  test("with class weights, sample weights and the focal form", async () => {
    const rows = 200;
    const labels = Array.from(numbers(rows, 2), (value) => Math.floor((value + 1) * 2.5));
    const logits = randomTensor([rows, 5], 1);
    const loss = sparseFocalLoss(logits, tensor([rows], labels, "i32"), {
      classWeights: tensor([5], [1, 0.5, 2, 0, 1]),
      sampleWeights: tensor(
        [rows],
        numbers(rows, 3).map((value) => value + 1),
      ),
    });
    const [gradient] = differentiate(loss, [logits], add);
    if (!gradient) throw new Error("no gradient");
    const [joint, apart] = [await evaluate({ loss, gradient }), await evaluate({ loss, gradient }, { fuse: false })];
    expect([...joint.loss]).toEqual([...apart.loss]);
    expect([...joint.gradient]).toEqual([...apart.gradient]);
  });

  test("a mean takes 2 dispatches; with its gradient 1 for few rows, 2 for many", () => {
    const count = (outputs: Record<string, Value>) =>
      plan(makeGraph("test", outputs), layVariables([]), defaultTarget).calls.length;
    expect(count({ loss: problem(64).loss })).toBe(2);
    expect(count(problem(64))).toBe(1);
    expect(count(problem(257))).toBe(2);
  });

  test("a loss that others read before the gradient is made stays by itself", async () => {
    const { loss } = problem(64);
    const logits = randomTensor([64, 5], 1);
    const labels = tensor([64], new Array(64).fill(2), "i32");
    const squared = softmaxCrossEntropy(logits, labels);
    const [gradient] = differentiate(mul(squared, squared), [logits], add);
    if (!gradient) throw new Error("no gradient");
    const graph = makeGraph("test", { gradient, loss });
    expect(optimize(graph).nodes.map(({ op }) => op.name)).not.toContain("crossEntropyWithGradient");
    const [fused, apart] = [await evaluate({ gradient }), await evaluate({ gradient }, { fuse: false })];
    expect([...fused.gradient]).toEqual([...apart.gradient]);
  });
});

describe("wrong input", () => {
  const logits = randomTensor([4, 3], 1);
  const labels = tensor([4], [0, 1, 2, 0], "i32");
  const withOptions = (options: object) => () => softmaxCrossEntropy(logits, labels, options as CrossEntropyOptions);

  test("shapes and types", () => {
    expect(() => softmaxCrossEntropy(logits, tensor([3], [0, 1, 2], "i32"))).toThrow(ShapeError);
    expect(() => softmaxCrossEntropy(logits, randomTensor([4], 1))).toThrow(ShapeError);
    expect(() => softmaxCrossEntropy(logits, tensor([4], [0, 1, 2, 0], "u32"))).toThrow(DTypeError);
    expect(() => softmaxCrossEntropy(labels, labels)).toThrow(DTypeError);
    expect(() => softmaxCrossEntropy(randomTensor([], 1), tensor([], [0], "i32"))).toThrow(ShapeError);
    expect(() => nllLoss(logits, randomTensor([4, 3], 1))).toThrow(DTypeError);
    expect(withOptions({ classWeights: randomTensor([4], 1) })).toThrow(/classWeights f32\[4\]; wanted \[3\]/);
  });

  test("options", () => {
    expect(withOptions({ reduction: "average" })).toThrow(/reduction "average"; wanted one of mean, sum, none/);
    expect(withOptions({ labelSmoothing: 1.5 })).toThrow(/labelSmoothing 1.5; wanted .* from 0 to 1/);
    expect(withOptions({ ignoreIndex: 0.5 })).toThrow(GraphError);
    expect(withOptions({ smoothing: 0.1 })).toThrow(/option smoothing; wanted one of/);
    expect(() => softmaxCrossEntropy(logits, randomTensor([4, 3], 1), { ignoreIndex: 1 })).toThrow(GraphError);
  });

  test("a gradient by labels is refused, not left out", () => {
    const targets = randomTensor([4, 3], 2);
    const loss = softmaxCrossEntropy(logits, targets);
    expect(() => differentiate(loss, [targets], add)).toThrow(/labels that depend on a parameter/);
  });
});

function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(want.length);
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs((got[i] ?? Number.NaN) - (want[i] ?? 0));
    if (!(error <= worst)) worst = error;
  }
  expect(worst).toBeLessThanOrEqual(tolerance);
}
