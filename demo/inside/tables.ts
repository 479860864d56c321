import { showBytes, showFlops } from "../../src/core/plan.ts";
import { make, showCount } from "../shell/elements.ts";
import type { InspectedDispatch, Inspection } from "../shell/inspection.ts";

/** A column of a table: its title, and whether it holds numbers. */
type Column = readonly [title: string, isNumber?: boolean];

/** A cell: text, or an element of its own. */
type Cell = string | HTMLElement;

export function fillTable(
  table: HTMLTableElement,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): void {
  const head = make("tr");
  head.append(
    ...columns.map(([title, isNumber = false]) => {
      const cell = make("th", title, isNumber ? "number" : "");
      cell.scope = "col";
      return cell;
    }),
  );
  const lines = rows.map((cells) => {
    const line = make("tr");
    line.append(
      ...cells.map((content, i) => {
        const cell = make("td", "", columns[i]?.[1] ? "number" : "");
        cell.append(content);
        return cell;
      }),
    );
    return line;
  });
  const [thead, tbody] = [make("thead"), make("tbody")];
  thead.append(head);
  tbody.append(...lines);
  table.replaceChildren(thead, tbody);
}

/** The layers, with their share of the time where that is known. */
export function fillLayers(table: HTMLTableElement, { model, layers, parameters, profile }: Inspection): void {
  const msOf = (name: string) => profile?.layers.find((work) => work.name === `${model}/${name}`)?.ms;
  const columns: Column[] = [["layer"], ["kind"], ["output"], ["parameters", true]];
  const rows = layers.map(({ name, kind, output, parameters }): Cell[] => [
    name,
    kind,
    output.join("×"),
    parameters > 0 ? showCount(parameters) : "",
    ...(profile ? [showMs(msOf(name))] : []),
  ]);
  const total = ["all", "", "", showCount(parameters), ...(profile ? [showMs(profile.total.ms)] : [])];
  fillTable(table, profile ? [...columns, ["ms", true]] : columns, [...rows, total]);
}

/** The dispatches, each with a button; `onChoose` hears which. */
export function fillDispatches(
  table: HTMLTableElement,
  { dispatches, profile }: Inspection,
  onChoose: (dispatch: InspectedDispatch) => void,
): void {
  const columns: Column[] = [["", true], ["dispatch"], ["workgroups", true], ["work", true], ["bytes", true]];
  const rows = dispatches.map((dispatch, i): Cell[] => {
    const button = make("button", dispatch.label);
    button.type = "button";
    button.addEventListener("click", () => {
      for (const row of table.querySelectorAll("tr.chosen")) row.classList.remove("chosen");
      button.closest("tr")?.classList.add("chosen");
      onChoose(dispatch);
    });
    const work = [
      dispatch.grid.filter((side) => side > 1).join("×") || "1",
      showFlops(dispatch.flops),
      showBytes(dispatch.bytes),
    ];
    return [`${i}`, button, ...work, ...(profile ? [showMs(profile.dispatches[i]?.ms)] : [])];
  });
  fillTable(table, profile ? [...columns, ["ms", true]] : columns, rows);
}

/** The kernels that were timed, the longest first; empty without a profile. */
export function fillKernels(table: HTMLTableElement, { profile }: Inspection): void {
  if (!profile) {
    table.replaceChildren();
    return;
  }
  const columns: Column[] = [
    ["kernel"],
    ["share of the step"],
    ["ms", true],
    ["dispatches", true],
    ["Gflop/s", true],
    ["GB/s", true],
    ["of the roofline", true],
  ];
  const rows = profile.kernels.map(({ name, ms, dispatches, gflops, gbs, roofline }): Cell[] => {
    const bar = make("span", "", "bar");
    bar.style.setProperty("--part", `${ms / profile.total.ms}`);
    return [
      name,
      bar,
      showMs(ms),
      `${dispatches}`,
      gflops?.toFixed(1) ?? "",
      gbs?.toFixed(1) ?? "",
      roofline === null ? "" : `${Math.round(100 * roofline)} %`,
    ];
  });
  fillTable(table, columns, rows);
  for (const row of table.tBodies[0]?.rows ?? []) row.cells[1]?.classList.add("share");
}

function showMs(ms: number | undefined): string {
  return ms === undefined ? "" : ms.toFixed(3);
}
