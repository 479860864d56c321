import { describe, expect, test } from "vitest";
import { WgradError } from "../../src/core/errors.ts";
import { add, conv2d, dense, type Gpu, input, maxPooling2d, model, sequential, sgd } from "../../src/index.ts";

/** What TypeScript would refuse, as a program in JavaScript may write it. */
type Loose = (...parts: unknown[]) => unknown;
const loosely = (make: unknown) => make as Loose;
const classifier = () => sequential({ inputShape: [4], layers: [dense({ units: 2 })] });
const compile = (options: object) => () =>
  (classifier().compile as unknown as (options: object) => Promise<unknown>)(options);

describe("arguments that are none", () => {
  test.each<[what: string, act: () => unknown, message: string]>([
    ["no options of a layer", () => loosely(conv2d)(), "conv2d: undefined; wanted an object of name, activation"],
    [
      "a layer without its sizes",
      () => loosely(conv2d)({ filters: 3 }),
      "conv2d: kernelSize undefined; wanted a whole",
    ],
    ["a shape that is a number", () => loosely(input)(5), "input: shape 5; wanted sides of one example"],
    [
      "a list in place of options",
      () => loosely(sequential)([dense({ units: 1 })]),
      "sequential: option 0; wanted one of",
    ],
    [
      "no input shape",
      () => loosely(sequential)({ layers: [] }),
      "input: shape undefined; wanted sides of one example",
    ],
    [
      "a number as a text",
      () => loosely(dense)({ units: "8" }),
      'dense: units "8"; wanted a whole number of at least 1.',
    ],
    [
      "a name of every object",
      () => loosely(dense)({ units: 1, activation: "constructor" }),
      'dense: activation "constructor"',
    ],
    [
      "a regularizer by name",
      () =>
        loosely(dense({ units: 1, kernelRegularizer: "l2" as never }).apply).call(
          dense({ units: 1, kernelRegularizer: "l2" as never }),
          input([4]),
        ),
      "dense: a rule of kernel that is none",
    ],
  ])("%s: %s", (_, act, message) => {
    expect(act).toThrow(WgradError);
    expect(act).toThrow(message);
  });

  test("a pool without its size names it", () => {
    const act = () => maxPooling2d({} as never).apply(input([8, 8, 1]));
    expect(act).toThrow(/maxPooling2d.*kernelSize undefined; wanted a whole number of at least 1/);
  });

  test.each<[what: string, options: object, message: string]>([
    ["an optimizer by name", { optimizer: "adam", loss: "huber" }, 'compile: optimizer "adam"; wanted what sgd()'],
    ["no optimizer", { loss: "huber" }, "compile: optimizer undefined; wanted what sgd()"],
    ["an optimizer that was not called", { optimizer: sgd, loss: "huber" }, "compile: optimizer that is a function"],
    ["no loss", { optimizer: sgd(), loss: null }, "compile: loss null; wanted one of sparseCategorical"],
    ["a loss that is none", { optimizer: sgd(), loss: {} }, "compile: loss {}; wanted one of"],
    ["a loss that there is not", { optimizer: sgd(), loss: "toString" }, 'compile: loss "toString"; wanted one of'],
    ["a device in place of a Gpu", { optimizer: sgd(), loss: "huber", gpu: {} as Gpu }, "compile: a gpu that is none"],
  ])("compile is given %s", async (_, options, message) => {
    await expect(compile(options)).rejects.toThrow(message);
  });
});

describe("models that cannot be", () => {
  test("without layers", () => {
    expect(() => sequential({ inputShape: [4], layers: [] })).toThrow("model: no layers; wanted one or more.");
    expect(() => model({ inputs: input([4]), outputs: [] })).toThrow("model: no layers; wanted one or more.");
  });

  test("two layers whose weights have one name", () => {
    const image = input([4]);
    const inner = sequential({ name: "a", inputShape: [4], layers: [dense({ name: "b", units: 4 })] });
    const outputs = dense({ name: "a/b", units: 2 }).apply(inner.apply(image));
    expect(() => model({ inputs: image, outputs })).toThrow(
      "model: two weights a/b/kernel; wanted a name for each layer.",
    );
  });

  test("layers without names pass by those that have been given", () => {
    const layers = [dense({ units: 4 }), dense({ name: "dense_1", units: 4 }), dense({ units: 2 })];
    const { layers: named } = sequential({ inputShape: [4], layers });
    expect([...named.values()]).toEqual(["dense", "dense_1", "dense_2"]);
  });

  test("of two outputs, where one is wanted", async () => {
    const image = input([4]);
    const two = model({ inputs: image, outputs: [dense({ units: 2 }).apply(image), dense({ units: 3 }).apply(image)] });
    expect(() => two.apply(input([4]))).toThrow(/model: 2 outputs; wanted one, .* concatenate/);
    const compiling = two.compile({ optimizer: sgd(), loss: "huber", gpu: undefined as never });
    await expect(compiling).rejects.toThrow(
      "compile: a model of 1 inputs and 2 outputs; wanted one of each, to train.",
    );
  });

  test("of two inputs, which may be part of another", async () => {
    const [a, b] = [input([4]), input([4])];
    const both = model({ inputs: [a, b], outputs: add().apply(a, b) });
    expect(both.apply(input([4]), input([4])).shape).toEqual([4]);
    const compiling = both.compile({ optimizer: sgd(), loss: "huber" });
    await expect(compiling).rejects.toThrow(
      "compile: a model of 2 inputs and 1 outputs; wanted one of each, to train.",
    );
  });
});
