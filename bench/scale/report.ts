import { adapterLine } from "../../tools/cli.ts";
import { columns } from "../columns.ts";
import { writeResults } from "../provenance.ts";
import type { SweepRun } from "../sweep/events.ts";
import { type ScaleRow, scaleRows } from "./row.ts";
import type { ScaleSample } from "./sweep.ts";

/** Prints the table and writes the rows to `json`, if given. Exit code 1 when a point could not run. */
export function reportScale({ adapter, runtime, samples }: SweepRun<ScaleSample>, json?: string): number {
  const rows = scaleRows(samples);
  console.log(`${adapterLine(adapter)}, ${runtime}`);
  console.log(scaleTable(rows));
  writeResults(json, { runtime, adapter, rows });
  return rows.some(({ failure }) => failure !== undefined) ? 1 : 0;
}

const head = [
  "network",
  "varied",
  "ms/step median [min-max]",
  "ms/image",
  "JS ms",
  "GFLOP/step",
  "GFLOP/s",
  "disp.",
  "MiB",
  "MiB/image",
  "bytes : flops",
  "ms : flops",
];

export function scaleTable(rows: readonly ScaleRow[]): string {
  const flagged = rows.filter((row) => row.flagged).map(({ name, varied }) => `${name} (${varied})`);
  const failed = rows.filter(({ failure }) => failure !== undefined);
  return [
    columns([head, ...rows.filter(({ msStep }) => msStep !== null).map(cells)]),
    "",
    "The last two: growth against the line above, over that of the flops; 1 grows as they do.",
    flagged.length === 0
      ? "Nothing grows faster than its flops."
      : `Faster than its flops (!), by more than a quarter: ${flagged.join(", ")}.`,
    ...failed.map(({ name, failure }) => `FAILED ${name}: ${failure}`),
  ].join("\n");
}

function cells(row: ScaleRow): string[] {
  const { name, varied, msStep, jsMs, msImage, flops, gflops, dispatches, peakBytes, batch } = row;
  const mebibytes = peakBytes / 2 ** 20;
  return [
    name,
    varied,
    msStep ? `${digits(msStep.median)} [${digits(msStep.min)}-${digits(msStep.max)}]` : "-",
    digits(msImage),
    digits(jsMs?.median ?? null),
    digits(flops / 1e9),
    digits(gflops),
    String(dispatches),
    digits(mebibytes),
    digits(mebibytes / batch),
    digits(row.byteGrowth),
    `${digits(row.growth)}${row.flagged ? " !" : ""}`,
  ];
}

/** Three digits. */
function digits(value: number | null): string {
  if (value === null) return "-";
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}
