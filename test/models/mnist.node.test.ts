import { expect, test } from "vitest";
import { mlp, mnistDeep, mnistKeras, mnistStrided } from "../../src/models/index.ts";
import { tableOf } from "../support/modelTable.ts";

test("the network with strides of 002 (002-mnist-conv)", () => {
  const model = mnistStrided();
  expect(tableOf(model)).toEqual([
    ["conv1", "28x28x12", 120],
    ["conv2", "14x14x24", 10_392],
    ["conv3", "7x7x32", 27_680],
    ["flatten", "1568", 0],
    ["fc1", "200", 313_800],
    ["fc2", "10", 2_010],
  ]);
  expect(model.parameterCount).toBe(354_002);
});

test("the Keras convnet of 002 has 34,826 parameters", () => {
  const model = mnistKeras();
  expect(tableOf(model)).toEqual([
    ["conv1", "26x26x32", 320],
    ["pool1", "13x13x32", 0],
    ["conv2", "11x11x64", 18_496],
    ["pool2", "5x5x64", 0],
    ["flatten", "1600", 0],
    ["dropout", "1600", 0],
    ["fc1", "10", 16_010],
  ]);
  expect(model.parameterCount).toBe(34_826);
});

test("the TensorFlow network of 004 (004-sizes)", () => {
  const model = mnistDeep();
  expect(tableOf(model)).toEqual([
    ["conv1", "28x28x32", 832],
    ["pool1", "14x14x32", 0],
    ["conv2", "14x14x64", 51_264],
    ["pool2", "7x7x64", 0],
    ["flatten", "3136", 0],
    ["fc1", "1024", 3_212_288],
    ["fc2", "10", 10_250],
  ]);
  expect(model.parameterCount).toBe(3_274_634);
});

test("the multi-layer perceptron of 002 has 13,002 parameters (002-mlp-params)", () => {
  const model = mlp({ inputs: 784, units: [16, 16, 10] });
  expect(tableOf(model)).toEqual([
    ["fc1", "16", 12_560],
    ["fc2", "16", 272],
    ["fc3", "10", 170],
  ]);
  expect(model.parameterCount).toBe(13_002);
});

test("the perceptrons of 004", () => {
  expect(mlp({ inputs: [28, 28, 1], units: [10] }).parameterCount).toBe(7_850);
  expect(tableOf(mlp({ inputs: [28, 28, 1], units: [128, 10], dropout: 0.2 }))).toEqual([
    ["flatten", "784", 0],
    ["fc1", "128", 100_480],
    ["dropout1", "128", 0],
    ["fc2", "10", 1_290],
  ]);
});

test("a perceptron without layers is an error", () => {
  expect(() => mlp({ inputs: 784, units: [] })).toThrow(/units/);
});
