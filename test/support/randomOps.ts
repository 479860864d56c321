import { differentiate } from "../../src/core/autodiff.ts";
import { makeVariable, type Value, type Variable } from "../../src/core/graph.ts";
import { type Shape, sizeOf, tensorType } from "../../src/core/types.ts";
import { gatherCrops } from "../../src/ops/augment.ts";
import { gatherBatch } from "../../src/ops/batch.ts";
import { dropout, gaussianNoise, spatialDropout, stochasticDepth } from "../../src/ops/dropout.ts";
import { add } from "../../src/ops/elementwise.ts";
import { gatherRows } from "../../src/ops/gatherRows.ts";
import { initialize } from "../../src/ops/random.ts";
import { randomTensor, tensor } from "./run.ts";

/** Values that depend on a seed. */
export interface Draw {
  readonly values: Readonly<Record<string, Value>>;
  readonly variables?: readonly Variable[];
}

const shape: Shape = [6, 4, 5, 8];

function dropped(op: typeof dropout, seed: number): Record<string, Value> {
  const x = randomTensor(shape, 1);
  const y = op(x, { step: tensor([], [3], "u32"), seed, stream: "net/drop", rate: 0.5 });
  const [dX] = differentiate(y, [x], add, randomTensor(shape, 2));
  if (!dX) throw new Error("no gradient");
  return { [`${op.name}`]: y, [`${op.name} gradient`]: dX };
}

function bytes(name: string, sides: Shape): Variable {
  const data = Uint8Array.from({ length: sizeOf(sides) }, (_, i) => (i * 37) % 251);
  return makeVariable({ name, role: "data", type: tensorType(sides, "u8"), initial: { kind: "values", data } });
}

function filled(name: string, initial: Variable["initial"]): Variable {
  return makeVariable({ name, role: "parameter", type: tensorType([101]), initial });
}

const cursorOf = (seed: number) => tensor([4], [0, seed, 1, 1], "u32");

/** Every operator that draws random numbers. */
export const randomOps: Readonly<Record<string, (seed: number) => Draw>> = {
  dropout: (seed) => ({
    values: { ...dropped(dropout, seed), ...dropped(spatialDropout, seed), ...dropped(stochasticDepth, seed) },
  }),
  gaussianNoise: (seed) => {
    const source = { step: tensor([], [3], "u32"), seed, stream: "net/noise" };
    return { values: { noisy: gaussianNoise(randomTensor(shape, 1), { ...source, deviation: 0.3 }) } };
  },
  randomFill: (seed) => {
    const variables = [
      filled("uniform", { kind: "uniform", limit: 0.3 }),
      filled("normal", { kind: "normal", deviation: 0.5, truncated: false }),
      filled("truncated", { kind: "normal", deviation: 0.5, truncated: true }),
    ];
    const values: Record<string, Value> = {};
    for (const variable of variables) {
      const value = initialize(variable, seed);
      if (value) values[variable.name] = value;
    }
    return { values, variables };
  },
  gatherBatch: (seed) => {
    const variables = [bytes("images", [31, 5, 7, 1]), bytes("labels", [31])] as const;
    const { x, y } = gatherBatch(variables[0].value, variables[1].value, cursorOf(seed), { batchSize: 13 });
    return { values: { x, y }, variables };
  },
  gatherRows: (seed) => {
    const table = randomTensor([31, 3], 1);
    return { values: { rows: gatherRows(table, cursorOf(seed), { batchSize: 13, from: 2, count: 29 }) } };
  },
  gatherCrops: (seed) => {
    const variables = [bytes("images", [3, 40, 33, 1]), bytes("masks", [3, 40, 33])] as const;
    const { x, y } = gatherCrops(variables[0].value, variables[1].value, cursorOf(seed), {
      batchSize: 5,
      size: 16,
      augment: {
        horizontalFlip: true,
        verticalFlip: true,
        quarterTurns: true,
        brightness: 0.2,
        contrast: 0.2,
        elastic: { deviation: 3 },
      },
    });
    return { values: { x, y }, variables };
  },
};
