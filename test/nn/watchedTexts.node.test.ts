import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/core/errors.ts";
import type { Watched } from "../../src/nn/watch.ts";
import { decodeWatched, encodeWatched } from "../../src/nn/watchedTexts.ts";

const full: Watched = {
  earlyStopping: { best: 0.1 + 0.2, waited: 3, bestEpoch: 7 },
  reduceOnPlateau: { best: 1e-300, waited: 0, cooling: 2, product: 0.1 ** 3 },
  bestWeights: new Map(),
};

describe("what was learned from losses, as texts", () => {
  test.each([
    ["all of it", full, true],
    [
      "before the first loss",
      {
        earlyStopping: { best: Number.POSITIVE_INFINITY, waited: 0, bestEpoch: null },
        reduceOnPlateau: { best: Number.POSITIVE_INFINITY, waited: 0, cooling: 0, product: 1 },
        bestWeights: null,
      },
      false,
    ],
    ["nothing", { earlyStopping: null, reduceOnPlateau: null, bestWeights: null }, false],
  ] as const)("comes back to the bit: %s", (_, watched, hasBest) => {
    const { earlyStopping, reduceOnPlateau } = watched;
    expect(decodeWatched("file", encodeWatched(watched))).toEqual({ earlyStopping, reduceOnPlateau, hasBest });
  });

  test("none is written of a training that has not watched", () => {
    expect(encodeWatched(null)).toEqual({});
  });

  test.each(["", "{}", "7", "null", '{"best":"0.5","waited":1,"bestEpoch":2}', '{"best":1'])("refuses %j", (text) => {
    expect(() => decodeWatched("file", { earlyStopping: text })).toThrow(
      new FormatError({ where: "file", seen: `earlyStopping ${text}`, wanted: "numbers for best, waited, bestEpoch" }),
    );
  });
});
