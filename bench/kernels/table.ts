import { columns } from "../columns.ts";
import { marks } from "./references.ts";
import type { Ceilings, KernelRow } from "./row.ts";

const head = [
  "kernel",
  "ms median [min-max]",
  "GFLOP/s",
  "of FMA",
  "GB/s",
  "of stream",
  "earlier",
  "share",
  "disp.",
  "compile ms",
  "chosen",
];

/** The table for the terminal; what failed stands below it. */
export function kernelTable(rows: readonly KernelRow[], ceilings: Ceilings): string {
  const ran = rows.filter(({ ms }) => ms !== null);
  const streams = ceilings.streams.map(
    ({ bytes, gbs }) => `${gbs.toFixed(2)} GB/s over ${(bytes / 2 ** 20).toFixed(1)} MiB`,
  );
  const failed = rows.filter(({ failure }) => failure !== undefined);
  return [
    columns([head, ...ran.map(cells)]),
    "",
    `Ceilings of this run: ${ceilings.gflops.toFixed(1)} GFLOP/s, ${streams.join(", ")}.`,
    ...earlierLines(ran),
    ...failed.map(({ kernel, failure }) => `FAILED ${kernel}: ${failure}`),
  ].join("\n");
}

function cells(row: KernelRow): string[] {
  const { kernel, ms, gflops, gbs, fmaShare, streamShare, reference, dispatches, compileMs, variant } = row;
  const best = reference?.best ? ` (${reference.best.rate} ${reference.best.how})` : "";
  return [
    kernel,
    ms ? `${digits(ms.median)} [${digits(ms.min)}-${digits(ms.max)}]` : "-",
    gflops === null ? "-" : digits(gflops),
    percent(fmaShare),
    gbs === null ? "-" : digits(gbs),
    percent(streamShare),
    reference ? `${reference.nearest ? "~" : ""}${reference.rate}${best}` : "-",
    row.referenceShare === null ? "-" : `${percent(row.referenceShare)}${row.reached ? "" : " <"}`,
    String(dispatches),
    row.pipelines > 0 ? compileMs.toFixed(0) : "-",
    variant.join("; "),
  ];
}

function earlierLines(rows: readonly KernelRow[]): string[] {
  const compared = rows.filter(({ reached }) => reached !== null);
  if (compared.length === 0) return [];
  const reached = compared.filter((row) => row.reached).length;
  return [
    `Earlier: rates measured earlier on the same adapter (~: on the nearest shape), GFLOP/s, or GB/s for what is bound by memory.`,
    `Share: of the earlier rate; ${reached} of ${compared.length} reach the mark of ${100 * marks.conv} %, for memory ${100 * marks.memory} % (<: not).`,
  ];
}

function percent(share: number | null): string {
  return share === null ? "-" : `${(100 * share).toFixed(0)} %`;
}

/** Three digits. */
function digits(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}
