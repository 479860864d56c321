import { describe, expect, test } from "vitest";
import { colourScaling, colourSpaceOf, isGrey, parseColourSpace, toColourSpace } from "../../demo/segment/colours.ts";
import { History } from "../../demo/segment/history.ts";
import { parseClasses, parsePainting } from "../../demo/segment/keeping.ts";
import { drawLandscape } from "../../demo/segment/landscape.ts";
import { Learner } from "../../demo/segment/learner.ts";
import { enlarge } from "../../demo/segment/pictures.ts";
import { classesIn, labelsOf, paint, type Stroke } from "../../demo/segment/strokes.ts";
import { maskOf, type Prediction } from "../../demo/segment/views.ts";
import { unlabelled } from "../../src/data/scribbleDataset.ts";
import type { Model } from "../../src/nn/model.ts";
import { historyLength } from "../../src/nn/state.ts";
import type { Trainer } from "../../src/nn/trainer.ts";

const sides = { width: 40, height: 30 };

/** Distance of a pixel's middle from the line through a stroke's points. */
function distance({ points }: Stroke, column: number, row: number): number {
  const [x, y] = [column + 0.5, row + 0.5];
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < Math.max(2, points.length - 2); i += 2) {
    const [x0 = 0, y0 = 0, x1 = x0, y1 = y0] = points.slice(i, i + 4);
    for (let t = 0; t <= 1; t += 1 / 512) {
      least = Math.min(least, Math.hypot(x - x0 - t * (x1 - x0), y - y0 - t * (y1 - y0)));
    }
  }
  return least;
}

describe("a stroke", () => {
  test.each<[string, Stroke]>([
    ["a dot", { label: 1, radius: 4.3, points: [12.2, 9.7] }],
    ["a line", { label: 2, radius: 2.5, points: [3, 4, 30.5, 22] }],
    ["a bend that leaves the picture", { label: 0, radius: 3, points: [35, 5, 60, 15, 20, 28, -9, -4] }],
    ["a brush finer than a pixel", { label: 3, radius: 0.5, points: [5.5, 5.5, 9.5, 5.5] }],
  ])("covers every pixel whose middle is under the brush: %s", (_, stroke) => {
    const labels = labelsOf([stroke], sides);
    labels.forEach((label, i) => {
      const away = distance(stroke, i % sides.width, Math.floor(i / sides.width)) - stroke.radius;
      // The reference looks at points of the line, up to 0.05 pixels from the nearest.
      if (Math.abs(away) > 0.01) expect(label).toBe(away < 0 ? stroke.label : unlabelled);
    });
    expect(labels.some((label) => label === stroke.label)).toBe(true);
  });

  test("that grows is the same as one that is painted at once", () => {
    const whole: Stroke = { label: 1, radius: 2, points: [2, 2, 9, 20, 30, 11, 31, 11] };
    const growing: Stroke = { ...whole, points: [] };
    const labels = labelsOf([], sides);
    for (const part of [
      [2, 2],
      [9, 20, 30, 11],
      [31, 11],
    ]) {
      const from = growing.points.length / 2;
      growing.points.push(...part);
      paint(labels, sides, growing, from);
    }
    expect(labels).toEqual(labelsOf([whole], sides));
  });

  test("lies over earlier ones; the eraser takes them away", () => {
    const line = (label: number, y: number): Stroke => ({ label, radius: 2, points: [5, y, 30, y] });
    const labels = labelsOf([line(0, 10), line(1, 11), line(unlabelled, 13)], sides);
    const column = [8, 9, 10, 11, 12, 13, 14].map((row) => labels[row * sides.width + 15]);
    expect(column).toEqual([0, 1, 1, unlabelled, unlabelled, unlabelled, unlabelled]);
  });
});

test("classes are those that the eraser left something of", () => {
  const line = (label: number, y: number): Stroke => ({ label, radius: 2, points: [5, y, 30, y] });
  const strokes = [line(0, 10), line(1, 20)];
  expect(classesIn(labelsOf(strokes, sides))).toEqual(new Set([0, 1]));
  expect(classesIn(labelsOf([...strokes, line(unlabelled, 20)], sides))).toEqual(new Set([0]));
});

describe("the history of a painting", () => {
  const [a, b] = [0, 1].map((label): Stroke => ({ label, radius: 1, points: [0, 0] }));
  if (!a || !b) throw new Error("two strokes");
  const classes = [0, 1].map((label) => ({ label, name: `Class ${label}` }));

  test("is taken back and made again, until there is another change", () => {
    const history = new History();
    history.undo();
    history.redo();
    expect([history.canUndo, history.canRedo]).toEqual([false, false]);
    history.change({ strokes: [a] });
    history.change({ strokes: [a, b] });
    history.undo();
    expect(history.now.strokes).toEqual([a]);
    history.redo();
    expect(history.now.strokes).toEqual([a, b]);
    history.change({ strokes: [] });
    history.change({ classes });
    history.undo();
    expect(history.now).toEqual({ classes: [], strokes: [], known: [] });
    history.undo();
    expect(history.now.strokes).toEqual([a, b]);
    history.change({ strokes: [a] });
    expect(history.canRedo).toBe(false);
  });

  test("of one that was kept is that of its strokes", () => {
    const history = new History();
    history.change({ strokes: [b] });
    history.reset({ classes, strokes: [a, b], known: [1] });
    const left = [];
    for (; history.canUndo; history.undo()) left.push(history.now.strokes.length);
    expect(left).toEqual([2, 1]);
    expect(history.now).toEqual({ classes, strokes: [], known: [1] });
  });
});

describe("what was kept", () => {
  const painting = {
    id: "one",
    name: "cat",
    scaledFrom: { width: 600, height: 400 },
    known: [3],
    classes: [
      { label: 3, name: "Cat" },
      { label: 0, name: "Rest" },
    ],
    strokes: [
      { label: 3, radius: 4, points: [1, 2, 3.5, 4] },
      { label: unlabelled, radius: 2, points: [1, 2] },
    ],
  };

  test("comes back as it was", () => {
    expect(parsePainting(JSON.stringify(painting))).toEqual(painting);
  });

  test.each<[string, object | string]>([
    ["no JSON", "{"],
    ["no id", { ...painting, id: undefined }],
    ["no name", { ...painting, name: undefined }],
    ["one class", { ...painting, classes: painting.classes.slice(1) }],
    ["two classes of one colour", { ...painting, classes: [painting.classes[0], painting.classes[0]] }],
    ["a class without a colour", { ...painting, classes: [painting.classes[0], { label: 6, name: "?" }] }],
    ["a stroke of no class", { ...painting, strokes: [{ label: 7, radius: 1, points: [0, 0] }] }],
    ["a known class without a colour", { ...painting, known: [6] }],
    ["a file without sides", { ...painting, scaledFrom: { width: 600 } }],
    ["half a point", { ...painting, strokes: [{ label: 0, radius: 1, points: [0, 0, 1] }] }],
    ["a brush that is no number", { ...painting, strokes: [{ label: 0, radius: null, points: [0, 0] }] }],
  ])("is left alone where it cannot be: %s", (_, kept) => {
    expect(parsePainting(typeof kept === "string" ? kept : JSON.stringify(kept))).toBeNull();
  });

  test("a network's file names its classes, or it is none of ours", () => {
    expect(parseClasses(JSON.stringify(painting.classes))).toEqual(painting.classes);
    expect(parseClasses("")).toBeNull();
  });
});

describe("colours as the network sees them", () => {
  /** Mean and covariance of numbers [count, 3]. */
  function statistics(values: Float64Array) {
    const count = values.length / 3;
    const mean = [0, 1, 2].map((c) => values.reduce((sum, value, i) => sum + (i % 3 === c ? value / count : 0), 0));
    const covariance = [0, 1, 2].map((row) =>
      [0, 1, 2].map((column) => {
        let sum = 0;
        for (let at = 0; at < values.length; at += 3) {
          sum += ((values[at + row] ?? 0) - (mean[row] ?? 0)) * ((values[at + column] ?? 0) - (mean[column] ?? 0));
        }
        return sum / count;
      }),
    );
    return { mean, covariance };
  }
  const seenOf = (pixels: Uint8Array) =>
    Float64Array.from(
      toColourSpace(pixels, colourSpaceOf(pixels)),
      (byte) => byte * colourScaling.scale + colourScaling.offset,
    );
  const { pixels } = drawLandscape();
  const landscape = Uint8Array.from(pixels.filter((_, i) => i % 4 < 3));

  test("have mean 0, variance 1 and no correlation, but for what the least variance takes", () => {
    const { mean, covariance } = statistics(seenOf(landscape));
    mean.forEach((value) => {
      // Half a byte.
      expect(Math.abs(value)).toBeLessThan(colourScaling.scale / 2);
    });
    covariance.forEach((row, i) => {
      row.forEach((value, j) => {
        if (i === j) expect(value).toBeGreaterThan(0.75);
        expect(Math.abs(value - (i === j ? 1 : 0))).toBeLessThan(0.25);
      });
    });
  });

  test("of a grey picture are one channel, and next to nothing in the others", () => {
    const { covariance } = statistics(seenOf(Uint8Array.from(landscape, (_, i) => landscape[i - (i % 3)] ?? 0)));
    const variances = covariance.map((row, i) => row[i] ?? Number.NaN);
    expect(variances[0]).toBeGreaterThan(0.9);
    for (const variance of variances.slice(1)) expect(variance).toBeLessThan(0.02);
  });

  test("are grey where each pixel has equal parts", () => {
    expect(isGrey(Uint8Array.of(3, 3, 3, 200, 200, 200))).toBe(true);
    expect(isGrey(Uint8Array.of(3, 3, 3, 200, 200, 201))).toBe(false);
    expect(isGrey(landscape)).toBe(false);
  });

  test("of one colour alone are nothing, and no number is missing", () => {
    for (const value of seenOf(new Uint8Array(300).fill(77))) expect(Math.abs(value)).toBeLessThan(colourScaling.scale);
  });

  test("go into a network's file and come back", () => {
    const space = colourSpaceOf(landscape);
    expect(parseColourSpace(JSON.stringify(space))).toEqual(space);
    expect(parseColourSpace()).toBeNull();
    expect(parseColourSpace('{"mean":[1,2,3]}')).toBeNull();
  });
});

test("a mask has the classes alone that are answers", () => {
  const probabilities = Float32Array.of(0.1, 0.7, 0.2, 0.3, 0.3, 0.4);
  const prediction: Prediction = { width: 2, height: 1, classes: 3, probabilities };
  expect([...maskOf(prediction, [0, 2])]).toEqual([2, 2]);
  expect([...maskOf(prediction, [0, 1])]).toEqual([1, 0]);
});

test("a mask for a larger picture is made of blocks", () => {
  const mask = Uint8Array.of(1, 2, 3, 4);
  const rows = [
    [1, 1, 2, 2, 2],
    [1, 1, 2, 2, 2],
    [3, 3, 4, 4, 4],
    [3, 3, 4, 4, 4],
  ];
  expect([...enlarge(mask, { width: 2, height: 2 }, { width: 5, height: 4 })]).toEqual(rows.flat());
});

test("the landscape has a good part of each class, and is the same each time", () => {
  const { truth, pixels } = drawLandscape();
  for (const label of [0, 1, 2]) {
    const part = truth.filter((seen) => seen === label).length / truth.length;
    expect(part).toBeGreaterThan(0.2);
    expect(part).toBeLessThan(0.5);
  }
  expect(drawLandscape().pixels).toEqual(pixels);
});

describe("a learner", () => {
  /** One whose trainer reads two steps at a time and no more, as a real one does. Its losses are the steps' numbers. */
  function learnerOf() {
    const told: number[] = [];
    let [submitted, readings] = [0, 0];
    const trainer: Pick<Trainer, "submit" | "survive"> = {
      survive: (work) => work(),
      submit: ({ read = false } = {}) => {
        submitted++;
        if (!read || readings === 2) return null;
        readings++;
        const losses = Float32Array.from({ length: historyLength }, (_, i) => i);
        return new Promise((done) => {
          setTimeout(() => {
            readings--;
            done([losses.buffer, new ArrayBuffer(4), Uint32Array.of(1, 2).buffer]);
          }, 5);
        });
      },
    };
    const learner = new Learner({
      model: { compiled: { gpu: { lost: new Promise(() => {}) } } } as unknown as Model,
      trainer: trainer as Trainer,
      step: 0,
      rate: () => 0.01,
      told: ({ step, loss }) => told.push(step, loss),
      lost: () => {},
      look: async () => {},
    });
    return { learner, told, submitted: () => submitted };
  }

  test("makes the steps that are asked for at once one after the other", async () => {
    const { learner, told } = learnerOf();
    await Promise.all(Array.from({ length: 4 }, () => learner.single()));
    expect(told).toEqual([1, 0, 2, 1, 3, 2, 4, 3]);
  });

  test("is paused when its training is over, and steps that wait are none", async () => {
    const { learner, told, submitted } = learnerOf();
    const over: string[] = [];
    void learner.run(() => false).then(() => over.push("training"));
    void learner.single().then(() => over.push("step"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await learner.pause();
    expect(over).toEqual(["training", "step"]);
    expect(submitted()).toBe(learner.step);
    expect(told.at(-2)).toBe(learner.step);
    const before = learner.step;
    await learner.single();
    expect(told.at(-2)).toBe(before + 1);
  });
});
