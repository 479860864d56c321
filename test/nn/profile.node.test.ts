import { describe, expect, test } from "vitest";
import type { Plan } from "../../src/core/plan.ts";
import type { PassTime } from "../../src/gpu/timestamps.ts";
import { chromeTrace } from "../../src/nn/chromeTrace.ts";
import { clockOf, profileOf, typicalMs } from "../../src/nn/profile.ts";
import { showProfile } from "../../src/nn/showProfile.ts";
import { lenet5Plan } from "../support/trainStep.ts";

const plan = lenet5Plan(64);
const adapter = { vendor: "acme", architecture: "anvil", description: "", software: false };
const ceilings = { gflops: 100, gbs: 10 };

/** Dispatch i takes (i + 1) 10 us and begins 1 us after the one before has ended. */
function steady({ calls }: Plan, factor = 1): PassTime[] {
  let now = 0;
  return calls.map((_, i) => {
    const beginNs = now;
    const endNs = beginNs + factor * (i + 1) * 10_000;
    now = endNs + 1000;
    return { beginNs, endNs };
  });
}

const profile = profileOf({
  model: "lenet5",
  batchSize: 64,
  adapter,
  plan,
  ceilings,
  rounds: [steady(plan), steady(plan, 50), steady(plan)],
});
const count = plan.calls.length;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe("profileOf", () => {
  test("takes the median of the steps, and lines the dispatches up without gaps", () => {
    expect(profile.steps).toBe(3);
    profile.dispatches.forEach(({ ms, startMs }, i) => {
      expect(ms).toBeCloseTo((i + 1) / 100, 12);
      expect(startMs).toBeCloseTo((i * (i + 1)) / 200, 12);
    });
    expect(profile.total.ms).toBeCloseTo((count * (count + 1)) / 200, 10);
  });

  test("counts of a data set what the batch takes, not the whole", () => {
    // Pixels 32 x 32 and a label a digit, a byte in and four out.
    expect(profile.dispatches[0]?.bytes).toBe(64 * 5 * (32 * 32 + 1));
  });

  test("names layers and kernels by the labels", () => {
    for (const { label, layer, kernel } of profile.dispatches) {
      expect(layer === "step" ? kernel : `${layer}/${kernel}`).toBe(label);
    }
    const names = profile.layers.map(({ name }) => name).filter((name) => name !== "step");
    expect(names.slice(0, 9)).toEqual([
      "data",
      ...["conv1", "pool1", "conv2", "pool2", "fc1", "fc2", "fc3"].map((name) => `lenet5/${name}`),
      "loss",
    ]);
    expect(new Set(names.slice(9))).toEqual(new Set(["optimizer", "metrics"]));
    expect(profile.kernels.map(({ name }) => name)).toContain("conv2dKernelGradient");
    const times = profile.kernels.map(({ ms }) => ms);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  test("what serves several layers has no layer", () => {
    const [first] = plan.calls;
    if (!first) throw new Error("no dispatch");
    const shared = { ...plan, calls: [{ ...first, label: first.call.name }] };
    const { layers } = profileOf({ ...profile, plan: shared, rounds: [steady(shared)] });
    expect(layers.map(({ name }) => name)).toEqual(["step"]);
  });

  test("layers, and kernels, are the whole step", () => {
    for (const groups of [profile.layers, profile.kernels, profile.dispatches]) {
      for (const amount of ["dispatches", "ms", "flops", "bytes", "ceilingMs"] as const) {
        const total = sum(groups.map((work) => work[amount]));
        expect(total / profile.total[amount], amount).toBeCloseTo(1, 12);
      }
    }
    expect(profile.total).toMatchObject({ dispatches: count, flops: plan.flops });
    expect(profile.total.bytes).toBe(sum(plan.calls.map(({ bytes }) => bytes)));
  });

  test("the roofline is the larger of flops and bytes at the ceilings", () => {
    profile.dispatches.forEach(({ flops, bytes, ms, gflops, gbs, ceilingMs, roofline }) => {
      expect(gflops).toBeCloseTo(flops / (1e6 * ms), 9);
      expect(gbs).toBeCloseTo(bytes / (1e6 * ms), 9);
      expect(roofline).toBeCloseTo(Math.max((gflops ?? 0) / 100, (gbs ?? 0) / 10), 9);
      expect(ceilingMs / ms).toBeCloseTo(roofline ?? 0, 9);
    });
  });

  test("a dispatch that the clock did not see has no rate", () => {
    const still = plan.calls.map(() => ({ beginNs: 0, endNs: 0 }));
    const { dispatches, total } = profileOf({ ...profile, plan, rounds: [still] });
    expect(dispatches[3]).toMatchObject({ ms: 0, gflops: null, gbs: null, roofline: null });
    expect(total).toMatchObject({ ms: 0, gflops: null, roofline: null });
    expect(showProfile({ ...profile, dispatches, total })).not.toMatch(/NaN|Infinity/);
  });

  test("memory: the curve stays within the slots, and all is the plan's peak", () => {
    const { fixedBytes, slotBytes, peakLiveBytes } = profile.memory;
    expect(fixedBytes + slotBytes).toBe(plan.peakBytes);
    expect(peakLiveBytes).toBe(Math.max(...profile.dispatches.map(({ liveBytes }) => liveBytes)));
    expect(peakLiveBytes).toBeLessThanOrEqual(slotBytes);
  });
});

describe("a clock that rounds", () => {
  test("shows its step in the times", () => {
    const times = [3, 8, 12, 700].map((step) => ({ beginNs: 100_000 * step, endNs: 100_000 * (step + 2) }));
    expect(clockOf(times)).toBe(100_000);
    expect(clockOf([...times, { beginNs: 1, endNs: 12_345 }])).toBe(1);
    expect(clockOf([])).toBe(0);
  });

  test("gives the mean of what is shorter than ten steps: 30 us by a clock of 100 us", () => {
    const step = 100_000;
    const durations = Array.from({ length: 1000 }, (_, i) => {
      const begin = i * 137_137;
      return step * (Math.floor((begin + 30_000) / step) - Math.floor(begin / step));
    });
    expect(new Set(durations)).toEqual(new Set([0, step]));
    expect(typicalMs(durations, step)).toBeCloseTo(0.03, 3);
  });

  test("gives the median of what is longer, whatever a hiccup adds", () => {
    expect(typicalMs([2_000_000, 900_000_000, 2_100_000], 100_000)).toBe(2.1);
    expect(typicalMs([2_000_000, 2_200_000, 1_000_000, 50_000_000], 100_000)).toBe(2.1);
    expect(typicalMs([], 1)).toBe(0);
  });
});

describe("chromeTrace", () => {
  const trace = JSON.parse(chromeTrace(profile));
  const events: Record<string, unknown>[] = trace.traceEvents;
  const ofPhase = (ph: string) => events.filter((event) => event.ph === ph);

  /** Fields that the Trace Event Format asks for, by phase; others that it knows. */
  const fields: Record<string, { readonly needed: string[]; readonly known: string[] }> = {
    M: { needed: ["name", "ph", "pid", "args"], known: ["tid", "cat", "ts"] },
    X: {
      needed: ["name", "cat", "ph", "ts", "dur", "pid", "tid"],
      known: ["args", "tts", "tdur", "cname", "sf", "esf"],
    },
    C: { needed: ["name", "ph", "ts", "pid", "args"], known: ["id", "tid", "cat", "cname"] },
  };

  test("is an object of events and of what the format lets stand beside them", () => {
    const known = ["traceEvents", "displayTimeUnit", "systemTraceEvents", "otherData", "stackFrames", "samples"];
    expect(Object.keys(trace).filter((key) => !known.includes(key))).toEqual([]);
    expect(["ms", "ns"]).toContain(trace.displayTimeUnit);
    expect(trace.otherData).toMatchObject({ adapter, ceilings, steps: 3 });
  });

  test("every event has the fields of its phase, and no other", () => {
    for (const event of events) {
      const { needed = [], known = [] } = fields[`${event.ph}`] ?? {};
      expect(needed.length, `phase ${event.ph}`).toBeGreaterThan(0);
      expect(needed.filter((field) => event[field] === undefined)).toEqual([]);
      expect(Object.keys(event).filter((field) => !needed.includes(field) && !known.includes(field))).toEqual([]);
      expect(typeof event.name).toBe("string");
      for (const field of ["pid", "tid"]) if (field in event) expect(Number.isInteger(event[field])).toBe(true);
      for (const field of ["ts", "dur"]) if (field in event) expect(event[field]).toBeGreaterThanOrEqual(0);
    }
  });

  test("names its process and both tracks", () => {
    const names = ofPhase("M").map(({ name, args }) => `${name}: ${JSON.stringify(args)}`);
    expect(names).toContain('process_name: {"name":"lenet5: a training step on 64 examples"}');
    expect(names).toContain('thread_name: {"name":"layers"}');
    expect(names).toContain('thread_name: {"name":"dispatches"}');
    const named = ofPhase("M").map(({ tid }) => tid);
    for (const { tid } of ofPhase("X")) expect(named).toContain(tid);
  });

  test("has a slice for each dispatch, in order, none over another", () => {
    const slices = ofPhase("X").filter(({ cat }) => cat === "dispatch");
    expect(slices.map(({ name }) => name)).toEqual(plan.calls.map(({ call }) => call.name));
    let end = 0;
    slices.forEach(({ ts, dur, args }, i) => {
      // As readers take it: whole nanoseconds, truncated.
      const begin = Math.trunc(1000 * Number(ts));
      expect(begin).toBeGreaterThanOrEqual(end);
      end = begin + Math.trunc(1000 * Number(dur));
      expect(args).toMatchObject({ label: plan.calls[i]?.label, flops: plan.calls[i]?.call.flops });
    });
    expect(end / 1e6).toBeCloseTo(profile.total.ms, 5);
  });

  test("slices of layers cover those of their dispatches", () => {
    const layers = ofPhase("X").filter(({ cat }) => cat === "layer");
    expect(sum(layers.map(({ dur }) => Number(dur)))).toBeCloseTo(1000 * profile.total.ms, 0);
    expect(new Set(layers.map(({ name }) => name))).toEqual(new Set(profile.layers.map(({ name }) => name)));
  });

  test("counts bytes over the step", () => {
    const counters = ofPhase("C");
    expect(new Set(counters.map(({ name }) => name)).size).toBe(1);
    const values = counters.map(({ args }) => (args as { live: number }).live);
    expect(values.slice(0, -1)).toEqual(profile.dispatches.map(({ liveBytes }) => liveBytes));
    expect(counters.at(-1)?.ts).toBeCloseTo(1000 * profile.total.ms, 6);
  });
});

describe("showProfile", () => {
  const lines = showProfile(profile).split("\n");

  test("begins with what was measured, and how", () => {
    expect(lines.slice(0, 2)).toEqual([
      "lenet5: a training step on 64 examples, each dispatch typical of 3 steps",
      "Roofline of acme anvil, measured: 100 GFLOP/s, 10.0 GB/s",
    ]);
    expect(lines.join()).not.toContain("rounds");
    const cached = "Above 100 %: data that stay in a cache";
    expect(lines).toContain(cached);
    const slower = profile.dispatches.map((work) => ({ ...work, roofline: 0.9 }));
    expect(showProfile({ ...profile, dispatches: slower })).not.toContain(cached);
    expect(showProfile({ ...profile, clockMs: 0.1 })).toContain("This browser rounds times to 0.1 ms");
  });

  test("has a line for each layer and kernel, and totals that are equal", () => {
    for (const { name } of [...profile.layers, ...profile.kernels]) {
      expect(
        lines.filter((line) => line.startsWith(`${name} `)),
        name,
      ).toHaveLength(1);
    }
    const totals = lines.filter((line) => line.startsWith("total ")).map((line) => line.replaceAll(/ +/g, " "));
    expect(totals).toHaveLength(2);
    expect(totals[0]).toBe(totals[1]);
    expect(totals[0]).toContain(` ${count} ${profile.total.ms.toPrecision(3)} 100 % `);
  });

  test("columns are aligned", () => {
    const start = lines.findIndex((line) => line.startsWith("layer "));
    const rows = lines.slice(start, lines.indexOf("", start));
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
  });

  test("ends with the memory", () => {
    expect(lines.at(-1)).toMatch(
      /^Memory: 4\d\.\d MiB: .* of weights, gradients and data; \d.* of slots, .* \(at lenet5\/\w+/,
    );
  });
});
