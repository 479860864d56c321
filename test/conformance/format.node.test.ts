import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { FormatError } from "../../src/core/errors.ts";
import { type OpCase, type ReadFile, readGolden } from "./format.ts";

const folder = new URL("../golden/", import.meta.url);

const golden: ReadFile = async (name) => {
  const bytes = new Uint8Array(await readFile(new URL(name, folder)));
  return bytes.buffer;
};

/** A folder in memory: objects become JSON, arrays the bytes of f32 numbers. */
function folderOf(files: Readonly<Record<string, unknown>>): ReadFile {
  return async (name) => {
    const content = files[name];
    if (content === undefined) return null;
    if (content instanceof Float32Array) return content.buffer as ArrayBuffer;
    return new TextEncoder().encode(typeof content === "string" ? content : JSON.stringify(content)).buffer;
  };
}

const tensor = { shape: [2], dtype: "f32", offset: 0, tol: 1e-6 };
const negation = {
  id: "neg_000",
  op: "neg",
  attrs: {},
  file: "a.bin",
  inputs: { x: tensor },
  grad_output: tensor,
  outputs: { y: { ...tensor, offset: 8 } },
  grads: { x: { ...tensor, offset: 8 } },
};
const bin = Float32Array.of(1, 2, -1, -2);
const index = (...cases: unknown[]) => ({ format: "wgrad-golden-1", cases });

test("the vectors of this repository are read whole", async () => {
  const cases = await readGolden(golden);
  const count = (kind: string) => cases.filter((found) => found.kind === kind).length;
  expect([count("op"), count("optimizer"), count("train")]).toEqual([463, 18, 4]);
  const conv = cases.find((found): found is OpCase => found.id === "conv1d_000");
  expect(conv?.inputs.w?.shape).toEqual([1, 1, 3]);
  expect(conv?.inputs.x?.data).toBeInstanceOf(Float32Array);
  expect(conv?.grads.b?.tol).toBe(2.63e-6);
});

test("a folder of one index is enough, and `only` finds by op or by id", async () => {
  const files = folderOf({ "ops.json": index(negation, { ...negation, id: "other", op: "abs" }), "a.bin": bin });
  expect((await readGolden(files)).map(({ id }) => id)).toEqual(["neg_000", "other"]);
  expect((await readGolden(files, /^abs$/)).map(({ id }) => id)).toEqual(["other"]);
  expect((await readGolden(files, /_000/)).map(({ id }) => id)).toEqual(["neg_000"]);
  const [first] = (await readGolden(files)) as OpCase[];
  expect([...(first?.outputs.y?.data ?? [])]).toEqual([-1, -2]);
});

test.each([
  ["an empty folder", {}, "ops.json"],
  ["no JSON", { "ops.json": "{" }, "ops.json: no JSON"],
  ["another format", { "ops.json": { format: "other", cases: [] } }, 'format "other"'],
  ["no cases", { "ops.json": { format: "wgrad-golden-1" } }, "ops.json, cases"],
  ["a case without id", { "ops.json": index({ op: "neg" }) }, "case 0, id"],
  ["a missing bin", { "ops.json": index(negation) }, "ops.json, neg_000: no file a.bin"],
  ["a bin that is too short", { "ops.json": index(negation), "a.bin": bin.slice(0, 3) }, "neg_000, outputs.y"],
  ["an odd offset", { "ops.json": withX({ offset: 2 }), "a.bin": bin }, "neg_000, inputs.x: offset 2"],
  ["an unknown dtype", { "ops.json": withX({ dtype: "f64" }), "a.bin": bin }, 'inputs.x: dtype "f64"'],
  ["a shape of text", { "ops.json": withX({ shape: ["2"] }), "a.bin": bin }, "inputs.x, shape[0]"],
  ["a negative side", { "ops.json": withX({ shape: [-2] }), "a.bin": bin }, "inputs.x, shape[0]: -2"],
  ["a gradient of another shape", { "ops.json": withX({ shape: [1] }), "a.bin": bin }, "grads.x: shape [2]"],
  [
    "gradients without an upstream one",
    { "ops.json": index({ ...negation, grad_output: null }), "a.bin": bin },
    "grads without grad_output",
  ],
] as const)("%s is refused with its place", async (_, files, message) => {
  const failure = readGolden(folderOf(files));
  await expect(failure).rejects.toThrow(FormatError);
  await expect(failure).rejects.toThrow(message);
});

function withX(change: object) {
  return index({ ...negation, inputs: { x: { ...tensor, ...change } } });
}
