import { describe, expect, test } from "vitest";
import type { ShaderBinding } from "../../src/core/shader.ts";
import { packParams } from "../../src/gpu/params.ts";

const binding: ShaderBinding = {
  name: "params",
  group: 0,
  binding: 0,
  access: "uniform",
  type: "Params",
  struct: {
    name: "Params",
    size: 32,
    members: [
      { name: "rows", type: "u32", offset: 0 },
      { name: "shift", type: "i32", offset: 4 },
      { name: "rate", type: "f32", offset: 16 },
    ],
  },
};
const good = { rows: 2 ** 32 - 1, shift: -(2 ** 31), rate: 0.1 };

describe("packParams", () => {
  test("puts each field at its offset, little-endian", () => {
    const bytes = packParams(binding, good, "net/layer/kernel");
    const view = new DataView(bytes.buffer);
    expect(bytes).toHaveLength(32);
    expect(view.getUint32(0, true)).toBe(2 ** 32 - 1);
    expect(view.getInt32(4, true)).toBe(-(2 ** 31));
    expect(view.getFloat32(16, true)).toBe(Math.fround(0.1));
    expect(view.getUint32(8, true)).toBe(0);
  });

  test("takes the infinities, which are numbers to a kernel", () => {
    expect(() => packParams(binding, { ...good, rate: Number.NEGATIVE_INFINITY }, "x")).not.toThrow();
  });

  test.each([
    ["a u32 below 0", { rows: -1 }, "Params.rows = -1; wanted a value of type u32."],
    ["a u32 too large", { rows: 2 ** 32 }, "Params.rows = 4294967296; wanted a value of type u32."],
    ["a u32 that is no whole number", { rows: 0.5 }, "Params.rows = 0.5; wanted a value of type u32."],
    ["an i32 too large", { shift: 2 ** 31 }, "Params.shift = 2147483648; wanted a value of type i32."],
    ["a u32 that is no number", { rows: Number.NaN }, "Params.rows = NaN; wanted a value of type u32."],
    ["an f32 that is no number", { rate: Number.NaN }, "Params.rate = NaN; wanted a value of type f32."],
    ["a field that the struct has not", { columns: 3 }, "columns for Params; wanted only rows, shift, rate."],
  ])("refuses %s", (_, wrong, message) => {
    expect(() => packParams(binding, { ...good, ...wrong }, "net/layer/kernel")).toThrow(
      `net/layer/kernel: ${message}`,
    );
  });

  test("refuses a field that is missing", () => {
    const { rate: _, ...rest } = good;
    expect(() => packParams(binding, rest, "k")).toThrow("k: Params.rate = undefined; wanted a value of type f32.");
  });

  test("refuses a binding that is no uniform", () => {
    const { struct: _, ...storage } = binding;
    expect(() => packParams(storage, {}, "k")).toThrow("k: binding params; wanted a uniform struct.");
  });
});
