import { describe, expect, test } from "vitest";
import { defaultTarget } from "../../src/core/call.ts";
import { GraphError, LimitError } from "../../src/core/errors.ts";
import { input, makeGraph, makeVariable, type Value } from "../../src/core/graph.ts";
import { applyOne } from "../../src/core/op.ts";
import type { Plan } from "../../src/core/plan.ts";
import { tensorType } from "../../src/core/types.ts";
import { RandomStream } from "../../src/data/random.ts";
import { tanh } from "../../src/ops/activations.ts";
import { exp } from "../../src/ops/elementwise.ts";
import { reshape } from "../../src/ops/reshape.ts";
import { foldGrid } from "../../src/passes/grid.ts";
import { plan } from "../../src/passes/index.ts";
import { layVariables, mergeLayouts } from "../../src/passes/layout.ts";
import { type Lifetime, shareSlots } from "../../src/passes/shareSlots.ts";
import { accessOf, chain, fakeOp, x } from "../support/graphs.ts";
import { lenet5Plan, planOf } from "../support/trainStep.ts";

const life = (bytes: number, from: number, to: number): Lifetime => ({
  value: input(`${from}-${to}`, tensorType([1])),
  bytes,
  from,
  to,
});
const total = (sizes: readonly { readonly bytes: number }[]) => sizes.reduce((sum, { bytes }) => sum + bytes, 0);

/** The most bytes that are alive at one time: no plan can do with less. */
function mostAlive(lives: readonly Lifetime[]): number {
  const moments = lives.flatMap(({ from, to }) => [from, to]);
  return Math.max(...moments.map((at) => total(lives.filter(({ from, to }) => from <= at && at <= to))));
}

describe("shareSlots", () => {
  const draws = Array.from({ length: 30 }, (_, seed) => {
    const stream = new RandomStream(seed);
    return Array.from({ length: 1 + stream.below(60) }, () => {
      const from = stream.below(40);
      return life(256 * (1 + stream.below(50)), from, from + stream.below(12));
    });
  });

  test.each(draws.map((lives, seed) => [seed, lives] as const))(
    "lifetimes of seed %i never meet in a slot",
    (_, lives) => {
      const byValue = new Map(lives.map((each) => [each.value, each]));
      const slots = shareSlots(lives, true);
      expect(slots.flatMap(({ values }) => values)).toHaveLength(lives.length);
      for (const { bytes, values } of slots) {
        const own = values.flatMap((each) => byValue.get(each) ?? []).sort((a, b) => a.from - b.from);
        own.slice(1).forEach((next, i) => {
          expect(next.from).toBeGreaterThan(own[i]?.to ?? 0);
        });
        expect(bytes).toBe(Math.max(...own.map((each) => each.bytes)));
      }
      expect(total(slots)).toBeGreaterThanOrEqual(mostAlive(lives));
      expect(total(slots)).toBeLessThanOrEqual(total(lives));
    },
  );

  test("comes close to the least that is possible", () => {
    const ratios = draws.map((lives) => total(shareSlots(lives, true)) / mostAlive(lives));
    expect(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length).toBeLessThan(1.25);
  });

  test("a chain needs two slots, however long it is", () => {
    const lives = Array.from({ length: 50 }, (_, i) => life(1024, i, i + 1));
    expect(shareSlots(lives, true).map(({ bytes }) => bytes)).toEqual([1024, 1024]);
  });

  test("a small tensor takes the tightest free slot", () => {
    const slots = shareSlots([life(4096, 0, 1), life(512, 0, 1), life(256, 2, 3)], true);
    expect(slots.map(({ bytes, values }) => [bytes, values.length])).toEqual([
      [4096, 1],
      [512, 2],
    ]);
  });

  test("off, gives each value a slot of its own", () => {
    expect(shareSlots([life(256, 0, 1), life(256, 2, 3)], false)).toHaveLength(2);
    expect(shareSlots([], true)).toEqual([]);
  });
});

/** No dispatch of WebGPU may write to a buffer that it also reads. */
function expectApart({ calls }: Plan): void {
  for (const { call, places, label } of calls) {
    const access = accessOf(call);
    const buffers = (kind: string) =>
      Object.entries(places).flatMap(([name, place]) => (access.get(name) === kind ? [place.buffer] : []));
    const written = new Set(buffers("read_write"));
    expect(written.size, `${label} writes nothing`).toBeGreaterThan(0);
    expect(
      buffers("read").filter((buffer) => written.has(buffer)),
      label,
    ).toEqual([]);
  }
}

describe("planMemory", () => {
  test.each([
    ["a GPU", {}, {}],
    ["a software adapter", { software: true, subgroups: true }, {}],
    ["slots not shared", {}, { share: false }],
    ["nothing fused", {}, { fuse: false }],
  ])("never reads and writes one buffer in a dispatch: LeNet-5 on %s", (_, target, options) => {
    expectApart(lenet5Plan(8, target, options));
  });

  test("a chain of views and kernels keeps apart what it reads and writes", () => {
    const y = tanh(reshape(chain(reshape(exp(x("x", 4, 6)), [24]), 3), [2, 12]));
    expectApart(planOf(makeGraph("g", { y }), {}, { fuse: false }));
  });

  test("an output is never overwritten later in the run", () => {
    const early = chain(x("x", 100), 1);
    const plan = planOf(makeGraph("g", { early, late: chain(early, 6) }));
    const place = plan.outputs.early;
    const writers = plan.calls.filter(({ places }) => places.y?.buffer === place?.buffer);
    expect(writers).toHaveLength(1);
  });

  test("an output of its own lies in a buffer that holds nothing else, unless it is an input in another shape", () => {
    const early = chain(x("x", 100), 1);
    const graph = makeGraph("g", { early, late: chain(early, 6), same: reshape(x("z", 6), [2, 3]) });
    const { buffers, outputs, calls, slotTensors } = planOf(graph, {}, { ownOutputs: true });
    const kindOf = (name: string) => buffers[outputs[name]?.buffer ?? -1]?.kind;
    expect(["early", "late", "same"].map(kindOf)).toEqual(["output", "output", "input"]);
    const writers = calls.filter(({ places }) => places.y?.buffer === outputs.late?.buffer);
    expect(writers).toHaveLength(1);
    expect(slotTensors).toHaveLength(5);
  });

  test("shared slots take less than one for each tensor, and both are known", () => {
    const graph = makeGraph("g", { y: chain(x("x", 1000), 10) });
    const [shared, unshared] = [planOf(graph), planOf(graph, {}, { share: false })];
    expect(shared.unsharedBytes).toBe(unshared.peakBytes);
    // The input and two slots, 4,000 bytes each in ranges of 256; without sharing the input and ten.
    expect(shared.peakBytes).toBe(3 * 4096);
    expect(unshared.peakBytes).toBe(11 * 4096);
  });

  test("parameters, gradients and velocities are flat, and side by side at 256 bytes", () => {
    const { calls, buffers } = lenet5Plan(8);
    const update = calls.find(({ call }) => call.name === "update");
    const ranges = ["parameters", "gradients", "velocity"].map((name) => update?.places[name]);
    // conv1 600 + 24, conv2 9600 + 64, fc1 192000 + 480, fc2 40320 + 336, fc3 3360 + 40 bytes, each rounded up to 256.
    const bytes = [768, 256, 9728, 256, 192_000, 512, 40_448, 512, 3584, 256].reduce((sum, each) => sum + each, 0);
    for (const range of ranges) expect(range).toMatchObject({ offset: 0, bytes });
    expect(new Set(ranges.map((range) => range?.buffer)).size).toBe(3);
    expect(ranges.map((range) => buffers[range?.buffer ?? -1]?.bytes)).toEqual([bytes, bytes, bytes]);
  });

  test("a tensor beyond the device's limit is an error that names need and limit", () => {
    const graph = makeGraph("unet", { y: exp(x("image", 1024, 1024)) });
    const limits = { ...defaultTarget.limits, maxStorageBufferBindingSize: 2 ** 20 };
    expect(() => planOf(graph, { limits })).toThrow(
      new LimitError({
        where: "unet",
        seen: "buffer image of 4194304 bytes",
        wanted: "at most 1048576 bytes, this device's limit",
        mend: "Use a smaller batch, a smaller image or fewer channels.",
      }),
    );
    expect(() => planOf(graph, { limits: { ...limits, maxStorageBufferBindingSize: 2 ** 22 } })).not.toThrow();
  });

  test("flat operands must be distinct tensors", () => {
    const one = exp(x("x", 4));
    const flat = (inputs: Value[]) =>
      applyOne(
        fakeOp({
          lower: ({ inputs: all, outputs: [y] }) => [
            {
              name: "flat",
              shaders: [],
              params: {},
              operands: { x: { flat: all }, y: y as Value },
              workgroups: 1,
              flops: 0,
            },
          ],
        }),
        inputs,
        {},
      );
    expect(() => planOf(makeGraph("g", { y: flat([one, one]) }))).toThrow("flat tensors that share storage");
    expect(() => planOf(makeGraph("g", { y: flat([one, reshape(one, [2, 2])]) }))).toThrow("share storage");
    const sideBySide = planOf(makeGraph("g", { y: flat([one, exp(x("z", 3))]) })).calls.at(-1)?.places.x;
    expect(sideBySide).toMatchObject({ offset: 0, bytes: 512 });
  });

  test("a variable of another model is an error", () => {
    const foreign = variableOf("other/kernel", "parameter", 4);
    expect(() => planOf(makeGraph("g", { y: exp(foreign.value) }))).toThrow(
      new GraphError({ seen: "variable other/kernel", wanted: "a variable of this model" }),
    );
  });
});

function variableOf(name: string, role: "parameter" | "frozen" | "metric", size: number) {
  return makeVariable({ name, role, type: tensorType([size]), initial: { kind: "constant", value: 0 } });
}

describe("layVariables", () => {
  test("variables of a role lie side by side, in order, at multiples of 256 bytes", () => {
    const [a, b, c] = [variableOf("a", "parameter", 3), variableOf("b", "parameter", 65), variableOf("c", "frozen", 1)];
    const { places, arenas } = layVariables([a, b, c]);
    expect([a, b, c].map((variable) => places.get(variable))).toEqual([
      { arena: "parameter", offset: 0 },
      { arena: "parameter", offset: 256 },
      { arena: "frozen", offset: 0 },
    ]);
    expect([...arenas]).toEqual([
      ["parameter", 256 + 512],
      ["frozen", 256],
    ]);
  });

  test("data and totals have buffers of their own, even under one name", () => {
    const totals = [variableOf("total", "metric", 1), variableOf("total", "metric", 1)];
    expect(layVariables(totals).arenas.size).toBe(2);
  });

  test("layouts join", () => {
    const [a, b] = [variableOf("a", "parameter", 3), variableOf("b", "metric", 3)];
    const merged = mergeLayouts([layVariables([a]), layVariables([b])]);
    expect([merged.places.size, merged.arenas.size]).toEqual([2, 2]);
    const { calls } = plan(makeGraph("g", { y: exp(a.value), z: exp(b.value) }), merged, defaultTarget);
    expect(calls).toHaveLength(2);
  });
});

describe("foldGrid", () => {
  const limit = 65_535;

  test.each([
    [1, [1, 1, 1]],
    [limit, [limit, 1, 1]],
    [limit + 1, [32_768, 2, 1]],
    [2 * limit, [limit, 2, 1]],
    [2 * limit + 1, [43_691, 3, 1]],
    [limit * limit, [limit, limit, 1]],
  ])("%i workgroups", (count, grid) => {
    expect(foldGrid(count, defaultTarget)).toEqual(grid);
  });

  test("covers every count, and wastes less than a row's worth", () => {
    const target = { ...defaultTarget, limits: { ...defaultTarget.limits, maxComputeWorkgroupsPerDimension: 7 } };
    for (let count = 1; count <= 49; count++) {
      const [x, y, z] = foldGrid(count, target);
      expect(x).toBeLessThanOrEqual(7);
      expect(y).toBeLessThanOrEqual(7);
      expect(z).toBe(1);
      expect(x * y).toBeGreaterThanOrEqual(count);
      expect(x * y - count).toBeLessThan(y);
    }
    expect(() => foldGrid(50, target, "net/layer")).toThrow(
      new LimitError({ where: "net/layer", seen: "50 workgroups", wanted: "at most 49" }),
    );
  });

  test("no work is an empty grid", () => {
    expect(foldGrid(0, defaultTarget)).toEqual([0, 1, 1]);
  });
});
