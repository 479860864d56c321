import { columns } from "../columns.ts";
import { stepFlops } from "../networks/flops.ts";
import { networks } from "../networks/index.ts";
import type { NetworkName } from "../networks/network.ts";
import { parameterCount } from "../networks/weights.ts";
import type { Row } from "./rows.ts";

const header = [
  "engine",
  "version",
  "ms/step",
  "(min - max)",
  "images/s",
  "GFLOP/s",
  "ratio",
  "first step s",
  "dispatches",
  "submits",
  "JS ms",
  "peak MB",
  "blocks",
  "loss",
  "after",
  "agrees",
];

/** The rows of one network as text. Ratio: how many times wgrad's time the engine takes. */
export function networkTable(name: NetworkName, rows: readonly Row[]): string {
  const network = networks[name];
  const batch = rows[0]?.batch ?? network.batch;
  const title = `${network.title}, batch ${batch}: ${parameterCount(network).toLocaleString("en")} parameters, ${significant(stepFlops(network, batch) / 1e9)} GFLOP a step`;
  const table = columns([header, ...rows.filter(({ cannot }) => cannot === null).map(cells)]);
  const unable = rows.flatMap(({ peer, version, cannot }) =>
    cannot === null ? [] : [`${peer} ${version} cannot train it: ${cannot}`],
  );
  return [title, table, ...unable].join("\n");
}

/** What the columns mean, once below the tables. */
export const tableNotes = [
  "ms/step: median of the blocks, blocks x steps each, in turns; one reading of the loss ends a block. Ratio: over wgrad's.",
  "First step: from a ready device to the first loss, with all shaders. JS: until the host has submitted a step. Dispatches of WebGL: draws.",
  "Peak: buffers made and not destroyed, pools included. Loss: at the first step, and after so many (without dropout), from the same weights and batch.",
].join("\n");

function cells(row: Row): string[] {
  const { msStep, losses } = row;
  const or = (value: number | null, show: (value: number) => string = significant) =>
    value === null ? "-" : show(value);
  return [
    row.peer,
    row.version,
    or(msStep?.median ?? null),
    msStep ? `(${significant(msStep.min)} - ${significant(msStep.max)})` : "-",
    or(row.imagesPerSecond),
    or(row.gflops),
    or(row.ratio, (ratio) => ratio.toFixed(2)),
    or(row.firstStepMs, (ms) => (ms / 1000).toFixed(2)),
    or(row.dispatches, (count) => String(Math.round(count))),
    or(row.submits, (count) => count.toFixed(1)),
    or(row.jsMs, (ms) => ms.toFixed(2)),
    or(row.peakBytes, (bytes) => (bytes / 1e6).toFixed(1)),
    `${row.blocks} x ${row.stepsPerBlock}`,
    or(losses[0] ?? null, (loss) => loss.toFixed(5)),
    or(losses.at(-1) ?? null, (loss) => `${loss.toFixed(5)} @${losses.length}`),
    row.agrees === null ? "-" : row.agrees ? "yes" : "NO",
  ];
}

/** Three significant digits, without an exponent. */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toFixed(Math.min(digits, 6));
}
