import { showBytes, showFlops } from "../../src/core/plan.ts";
import { make, showCount } from "../shell/elements.ts";
import type { InspectedDispatch, Inspection } from "../shell/inspection.ts";
import { type Cell, type Column, fillTable, partBar } from "../shell/table.ts";

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
  { model, dispatches, profile }: Inspection,
  onChoose: (dispatch: InspectedDispatch) => void,
): void {
  const columns: Column[] = [["#", true], ["dispatch"], ["workgroups", true], ["work", true], ["bytes", true]];
  const rows = dispatches.map((dispatch, i): Cell[] => {
    const button = make("button", dispatch.label.replace(`${model}/`, ""));
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
    return [
      name,
      partBar(ms / profile.total.ms),
      showMs(ms),
      `${dispatches}`,
      gflops?.toFixed(1) ?? "",
      gbs?.toFixed(1) ?? "",
      roofline === null ? "" : `${Math.round(100 * roofline)} %`,
    ];
  });
  fillTable(table, columns, rows);
}

function showMs(ms: number | undefined): string {
  return ms === undefined ? "" : ms.toFixed(3);
}
