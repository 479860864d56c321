import { expect, test } from "vitest";
import { FormatError } from "../../src/core/errors.ts";
import { decodeTuned, encodeTuned } from "../../src/io/tunedStore.ts";
import { expectAnswers } from "../support/fourAnswers.ts";

test("choices come back as they were, sorted by key", () => {
  const choices = new Map([
    ["gemm 2", "rows 8, columns 1"],
    ["convRows 1", "pixels 4"],
  ]);
  expect([...decodeTuned(encodeTuned(choices))]).toEqual([...choices].reverse());
  expect(decodeTuned(encodeTuned(new Map()))).toEqual(new Map());
});

test.each([
  ["{", /a text that is no JSON/],
  ["null", /format undefined; wanted the JSON of "wgrad tuned kernels 1"/],
  ['{"format": "wgrad tuned kernels 0", "choices": {}}', /format "wgrad tuned kernels 0"/],
  ['{"format": "wgrad tuned kernels 1"}', /no choices/],
  ['{"format": "wgrad tuned kernels 1", "choices": ["a"]}', /no choices/],
  ['{"format": "wgrad tuned kernels 1", "choices": {"gemm": 4}}', /4 for "gemm"/],
])("%s is no such text", async (text, message) => {
  await expectAnswers(() => decodeTuned(text), FormatError, "tuned kernels", message);
});
