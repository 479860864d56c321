import { showBytes } from "../core/plan.ts";
import type { NamedWork, Profile } from "./profile.ts";

const head = ["dispatches", "ms", "of step", "GFLOP/s", "GB/s", "of roofline"];

/**
 * A profile as text: a table by layer and one by kernel, then the memory.
 *
 *     layer         dispatches    ms  of step  GFLOP/s   GB/s  of roofline
 *     lenet5/conv1           3  15.1     20 %     2.02  0.186         11 %
 * @example
 * console.log(showProfile(profile)); // of await profileStep(trainer)
 */
export function showProfile(profile: Profile): string {
  const { model, batchSize, steps, clockMs, adapter, ceilings, layers, kernels, total, memory, dispatches } = profile;
  const rows = (list: readonly NamedWork[]) =>
    [...list, { ...total, name: "total" }].map((work) => cells(work, total.ms));
  const { fixedBytes, slotBytes, peakLiveBytes } = memory;
  const peak = dispatches.find(({ liveBytes }) => liveBytes === peakLiveBytes);
  const name = [adapter.vendor, adapter.architecture].filter(Boolean).join(" ") || "this adapter";
  const peakText = peak ? ` (at ${peak.label})` : "";
  return [
    `${model}: a training step on ${batchSize} examples, each dispatch typical of ${steps} steps`,
    `Roofline of ${name}, measured: ${digits(ceilings.gflops)} GFLOP/s, ${digits(ceilings.gbs)} GB/s`,
    ...(clockMs >= 0.01 ? [`This browser rounds times to ${clockMs} ms: those of short dispatches are rough`] : []),
    ...(dispatches.some(({ roofline }) => (roofline ?? 0) > 1) ? ["Above 100 %: data that stay in a cache"] : []),
    "",
    ...table([["layer", ...head], ...rows(layers)]),
    "",
    ...table([["kernel", ...head], ...rows(kernels)]),
    "",
    `Memory: ${showBytes(fixedBytes + slotBytes)}: ${showBytes(fixedBytes)} of weights, gradients and data; ${showBytes(slotBytes)} of slots, of which ${showBytes(peakLiveBytes)} are in use at most${peakText}`,
  ].join("\n");
}

function cells({ name, dispatches, ms, gflops, gbs, roofline }: NamedWork, stepMs: number): string[] {
  return [
    name,
    `${dispatches}`,
    digits(ms),
    percent(stepMs > 0 ? ms / stepMs : null),
    digits(gflops),
    digits(gbs),
    percent(roofline),
  ];
}

/** Columns: the first to the left, numbers to the right; the last row, a total, under a line. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
  const line = "-".repeat(lines[0]?.length ?? 0);
  return [...lines.slice(0, 1), line, ...lines.slice(1, -1), line, ...lines.slice(-1)];
}

function percent(share: number | null): string {
  return share === null ? "-" : `${(100 * share).toFixed(0)} %`;
}

/** Three digits. */
function digits(value: number | null): string {
  if (value === null) return "-";
  if (value === 0) return "0";
  return value >= 100 ? value.toFixed(0) : value < 0.001 ? value.toFixed(5) : value.toPrecision(3);
}
