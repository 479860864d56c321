import { describe, expect, test } from "vitest";
import { curvesFile } from "../../demo/digits/curvesLog.ts";
import { History } from "../../demo/digits/history.ts";
import { judge, softmax } from "../../demo/digits/judge.ts";
import { Latest } from "../../demo/digits/latest.ts";
import { standardRequest } from "../../demo/digits/request.ts";
import { RunningMean } from "../../demo/digits/runningMean.ts";
import { toCanvas } from "../../demo/digits/sets.ts";
import { readSettings, settingsOf } from "../../demo/digits/settings.ts";

/** A promise, and the way to keep it. */
function later(): { promise: Promise<void>; done: () => void } {
  let done = () => {};
  const promise = new Promise<void>((resolve) => {
    done = resolve;
  });
  return { promise, done };
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("judge", () => {
  test("softmax of large logits is finite, and sums to 1", () => {
    expect(softmax(Float32Array.of(1000, 1000))).toEqual([0.5, 0.5]);
    const parts = softmax(Float32Array.of(-3, 0.5, 2));
    expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 12);
  });

  test("counts by label and answer, and lists mistakes", () => {
    const logits = Float32Array.of(4, 0, 0, 5, 3, 1);
    const { loss, accuracy, confusion, mistakes } = judge(logits, Uint8Array.of(0, 1, 1), 2);
    expect(confusion).toEqual([
      [1, 0],
      [1, 1],
    ]);
    expect(accuracy).toBeCloseTo(2 / 3, 12);
    expect(mistakes).toEqual([{ index: 2, label: 1, answer: 0, certainty: 1 / (1 + Math.exp(-2)) }]);
    const wanted = [Math.log1p(Math.exp(-4)), Math.log1p(Math.exp(-5)), Math.log1p(Math.exp(2))];
    expect(loss).toBeCloseTo(wanted.reduce((sum, each) => sum + each, 0) / 3, 6);
  });
});

describe("the curves", () => {
  const steps = (x: number, loss: number) => ({ x, losses: [loss, loss], right: 3, examples: 4 });

  test("a mean of one value is that value, also after a training is resumed", () => {
    const history = new History(100);
    expect(history.addSteps(steps(0.02, 2.3))).toMatchObject({ loss: 2.3, accuracy: 0.75, smoothAccuracy: 0.75 });
    const row = history.addSteps(steps(0.04, 2.3));
    expect(row.smoothLoss).toBeCloseTo(2.3, 12);
    const resumed = new History(100, history.rows).addSteps(steps(0.06, 2.3));
    expect(resumed.smoothLoss).toBeCloseTo(2.3, 12);
  });

  test("beside smooth values there are those of the very steps", () => {
    const history = new History(100);
    history.addSteps(steps(0.02, 2));
    const row = history.addSteps({ ...steps(0.04, 1), right: 0 });
    expect(row).toMatchObject({ loss: 1, accuracy: 0 });
    expect(row.smoothLoss).toBeGreaterThan(1);
    expect(row.smoothAccuracy).toBeGreaterThan(0);
  });

  test("long ones are thinned out, but for validations", () => {
    const history = new History(1000);
    for (let i = 0; i < 5000; i++) {
      history.addSteps(steps(i, 1));
      if (i % 100 === 0) history.addValidation(i, 0.5, 0.9);
    }
    expect(history.rows.length).toBeLessThanOrEqual(800);
    expect(history.rows.filter(({ valLoss }) => valLoss !== null)).toHaveLength(50);
    const xs = history.rows.map(({ x }) => x);
    expect(xs).toEqual(xs.toSorted((a, b) => a - b));
  });

  test("a running mean forgets half in its half-life", () => {
    const mean = new RunningMean();
    expect(mean.value).toBeNaN();
    mean.add(0, 1000, 1);
    mean.add(1, 3, 3);
    expect(mean.value).toBeCloseTo(0.5, 12);
  });
});

test("latest: what is asked for while it works is one more time", async () => {
  const gate = later();
  let times = 0;
  const latest = new Latest(async () => {
    times++;
    await gate.promise;
  });
  for (let i = 0; i < 5; i++) latest.ask();
  await soon();
  expect(times).toBe(1);
  gate.done();
  await soon();
  expect(times).toBe(2);
  latest.ask();
  await soon();
  expect(times).toBe(3);
});

test("an image lies in the middle of the network's canvas, on the background's value", () => {
  const x = toCanvas({ images: Uint8Array.of(0, 255, 0, 0), height: 2, width: 2 }, 4);
  const background = -0.1307 / 0.3081;
  expect(x[0]).toBeCloseTo(background, 6);
  expect(x[1 * 4 + 2]).toBeCloseTo((1 - 0.1307) / 0.3081, 5);
  expect([...x].filter((value) => value > 0)).toHaveLength(1);
});

test("settings go into a checkpoint and out; what this page does not know is none", () => {
  const settings = settingsOf(standardRequest);
  expect(readSettings(JSON.stringify(settings))).toEqual(settings);
  expect(readSettings(undefined)).toBeNull();
  expect(readSettings("{}")).toBeNull();
  expect(readSettings(JSON.stringify({ ...settings, network: "resnet152" }))).toBeNull();
});

describe("curves as a file", () => {
  const rows = [
    { x: 0.5, loss: 2, smoothLoss: 2.1, accuracy: 0.25, smoothAccuracy: 0.2, valLoss: null, valAccuracy: null },
    { x: 1, loss: null, smoothLoss: null, accuracy: null, smoothAccuracy: null, valLoss: 1.5, valAccuracy: 0.5 },
  ];

  test("has a line for each value, by step", () => {
    const lines = `${curvesFile("csv", rows, 10).content}`.trim().split("\r\n");
    expect(lines.slice(1).map((line) => line.split(",").slice(1).join(","))).toEqual([
      "5,loss/step,2",
      "5,accuracy/step,0.25",
      "10,loss/validation,1.5",
      "10,accuracy/validation,0.5",
    ]);
  });
});
