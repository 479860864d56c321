import type { Row } from "../../bench/headToHead/rows.ts";
import { significant } from "../../bench/headToHead/table.ts";
import { networks } from "../../bench/networks/index.ts";
import type { NetworkName } from "../../bench/networks/network.ts";
import { make, showCount } from "../shell/elements.ts";
import { type Cell, fillTable, partBar } from "../shell/table.ts";

/** The engines of one network as a table, with bars of which the slowest is the longest. */
export function race(name: NetworkName, rows: readonly Row[]): HTMLElement {
  const section = make("section", "", "scroll");
  const title = `${networks[name].title}, batch ${rows[0]?.batch ?? ""}`;
  section.ariaLabel = title;
  section.tabIndex = 0;
  const table = make("table", "", "rows");
  const slowest = Math.max(...rows.map(({ msStep }) => msStep?.median ?? 0));
  fillTable(
    table,
    [
      ["engine"],
      ["time"],
      ["ms a step", true],
      ["times wgrad's", true],
      ["images / s", true],
      ["first step", true],
      ["dispatches", true],
      ["peak MB", true],
      ["same losses"],
    ],
    rows.map((row) => cells(row, slowest)),
  );
  section.append(make("h3", title), table);
  return section;
}

function cells({ peer, version, msStep, cannot, ...row }: Row, slowest: number): Cell[] {
  const name = make(peer === "wgrad" ? "strong" : "span", `${peer} ${version}`);
  if (!msStep) return [name, make("span", cannot ?? "no result", "cannot")];
  const or = (value: number | null, show: (value: number) => string = significant) =>
    value === null ? "–" : show(value);
  return [
    name,
    partBar(msStep.median / slowest),
    significant(msStep.median),
    or(row.ratio),
    or(row.imagesPerSecond, showCount),
    or(row.firstStepMs, (ms) => `${(ms / 1000).toFixed(2)} s`),
    or(row.dispatches, showCount),
    or(row.peakBytes, (bytes) => (bytes / 1e6).toFixed(1)),
    row.agrees === null ? "–" : row.agrees ? "yes" : "no",
  ];
}
