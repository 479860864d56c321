import { describe, expect, test } from "vitest";
import { ShapeError } from "../../src/core/errors.ts";
import { aucOf } from "../../src/nn/auc.ts";
import { accuracy, dice, f1, iou, meanDice, meanIou, precision, recall } from "../../src/nn/metrics.ts";

// Worked by hand: TP 50, 30, 0; labels 60, 40, 0; answers 55, 40, 5.
const confusion = [
  [50, 8, 2],
  [5, 30, 5],
  [0, 2, -2],
].map((row) => row.map((count) => Math.max(0, count)));

test("scores of a confusion matrix", () => {
  expect(accuracy(confusion)).toBe(80 / 102);
  expect(iou(confusion)).toEqual([50 / 65, 30 / 50, 0 / 9]);
  expect(dice(confusion)).toEqual([100 / 115, 60 / 80, 0]);
  expect(f1(confusion)).toEqual(dice(confusion));
  expect(precision(confusion)).toEqual([50 / 55, 30 / 40, 0]);
  expect(recall(confusion)).toEqual([50 / 60, 30 / 40, 0]);
  expect(meanIou(confusion)).toBeCloseTo((50 / 65 + 30 / 50) / 3, 12);
});

test("Dice is the harmonic mean of precision and recall, and 2 IoU / (1 + IoU)", () => {
  const [p, r, j] = [precision(confusion), recall(confusion), iou(confusion)];
  for (const k of [0, 1]) {
    const [one = 0, two = 0, area = 0] = [p[k], r[k], j[k]];
    expect(dice(confusion)[k]).toBeCloseTo((2 * one * two) / (one + two), 12);
    expect(dice(confusion)[k]).toBeCloseTo((2 * area) / (1 + area), 12);
  }
});

test("a class that is nowhere has no score, and takes no part in means", () => {
  const absent = [
    [3, 1, 0],
    [0, 4, 0],
    [0, 0, 0],
  ];
  expect(iou(absent)).toEqual([3 / 4, 4 / 5, Number.NaN]);
  expect(recall(absent)[2]).toBeNaN();
  expect(meanIou(absent)).toBeCloseTo((3 / 4 + 4 / 5) / 2, 12);
  expect(meanDice(absent)).toBeCloseTo((6 / 7 + 8 / 9) / 2, 12);
});

test("all cell: the scores of a segmentation that finds no membrane", () => {
  const counts = [
    [22, 0],
    [78, 0],
  ].reverse();
  expect(accuracy(counts)).toBe(0.78);
  expect(dice(counts)[1]).toBe(0);
});

test("a matrix that is not square is refused", () => {
  expect(() => iou([[1, 2]])).toThrow(ShapeError);
  expect(() => accuracy([])).toThrow(/square confusion matrix/);
});

describe("ROC AUC of histograms", () => {
  test("right order is 1, wrong order 0, no order 1/2", () => {
    expect(aucOf([3, 0, 0, 5])).toEqual({ auc: 1, error: 0 });
    expect(aucOf([0, 3, 5, 0])).toEqual({ auc: 0, error: 0 });
    expect(aucOf([4, 0, 7, 0])).toEqual({ auc: 0.5, error: 0.5 });
  });

  test("by hand: negatives 1 2 1, positives 1 1 2", () => {
    // Pairs won: 0 + 1 + 2 * 3 = 7; ties: 1 + 2 + 2 = 5; of 16.
    expect(aucOf([1, 2, 1, 1, 1, 2])).toEqual({ auc: 9.5 / 16, error: 2.5 / 16 });
  });

  test("with one class alone there is none", () => {
    expect(aucOf([1, 2, 0, 0]).auc).toBeNaN();
  });
});
