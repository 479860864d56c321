import { describe, expect, test } from "vitest";
import { GraphError } from "../../src/core/errors.ts";
import * as data from "../../src/data/index.ts";
import * as wgrad from "../../src/index.ts";
import * as models from "../../src/models/index.ts";

/** Options that TypeScript would refuse, as a program in JavaScript may write them. */
type Loose = (...parts: unknown[]) => unknown;

/** The function, what comes before its options, and options that it takes. */
const cases: Readonly<Record<string, readonly [make: unknown, before: readonly unknown[], options: object]>> = {};
const add = (space: object, names: readonly string[], options: object, ...before: unknown[]) => {
  for (const name of names) Object.assign(cases, { [name]: [space[name as keyof typeof space], before, options] });
};

const image = wgrad.input([8, 8, 4]);
const volume = wgrad.input([4, 8, 8, 4]);
add(wgrad, ["sequential"], { inputShape: [4], layers: [wgrad.dense({ units: 1 })] });
add(wgrad, ["model"], { inputs: image, outputs: wgrad.flatten().apply(image) });
add(wgrad, ["withNewHead"], { upTo: "flatten", head: [wgrad.dense({ units: 2 })] }, models.lenet5());
add(wgrad, ["summary"], {}, models.lenet5());
add(wgrad, ["sgd", "adam", "adamW", "rmsprop", "adagrad", "recovery", "tune", "auc"], {});
add(wgrad.schedules, ["stepDecay"], { learningRate: 1, stepSize: 2 });
add(wgrad.schedules, ["exponentialDecay"], { learningRate: 1, decaySteps: 2, decayRate: 0.5 });
add(wgrad.schedules, ["polynomialDecay", "cosineDecay"], { learningRate: 1, decaySteps: 2 });
add(wgrad.schedules, ["cosineRestarts"], { learningRate: 1, firstDecaySteps: 2 });
add(wgrad.schedules, ["oneCycle"], { maxLearningRate: 1, totalSteps: 2 });
add(wgrad.schedules, ["warmup"], { steps: 2, after: 1 });
add(wgrad.schedules, ["reduceOnPlateau"], {});
add(wgrad.initializers, ["randomUniform", "randomNormal", "truncatedNormal"], {});
add(wgrad.losses, ["sparseCategoricalCrossentropy", "categoricalCrossentropy", "binaryCrossentropy"], {});
add(wgrad.losses, ["huber", "diceLoss", "softIouLoss", "focalLoss"], {});
add(wgrad.constraints, ["maxNorm"], {});
add(wgrad.regularizers, ["l1l2"], {});
add(models, ["alexnet", "densenet", "kerasUnet", "lenet5", "mnistStrided", "mnistKeras", "mnistDeep"], {});
add(models, ["resnet18", "resnet34", "resnet50", "unet", "vgg16"], {});
add(models, ["mlp"], { inputs: 4, units: [2] });
add(models, ["fcnHead"], { classes: 2, stride: 8 }, [image]);
add(models, ["inceptionModule"], { name: "i", one: 1, three: [1, 1], five: [1, 1], pool: 1 }, image);
add(models, ["denseBlock"], { name: "d", layers: 1, growth: 1 }, image);
add(models, ["basicBlock", "bottleneckBlock"], { name: "r", filters: 4 }, image);
add(models, ["vnetBlock"], { name: "v", filters: 4, convolutions: 1 }, volume);
add(models, ["vnetDown", "vnetUp"], { name: "v", filters: 4 }, volume);
add(data, ["drawDigits", "drawCells"], { count: 1, seed: 1 });

describe("an option that there is not", () => {
  test.each(Object.keys(cases))("of %s is an error that names it and those that there are", (name) => {
    const [make, before, options] = cases[name] ?? [];
    const call = (given: unknown) => () => (make as Loose)(...(before ?? []), given);
    expect(call(options)).not.toThrow();
    expect(call({ ...options, foo: 1 })).toThrow(GraphError);
    expect(call({ ...options, foo: 1 })).toThrow(/: option foo; wanted one of \w+/);
    expect(call("foo")).toThrow(GraphError);
  });
});
