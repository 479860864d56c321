import { showBytes, showFlops } from "../../src/core/plan.ts";
import { make, showCount } from "../shell/elements.ts";
import type { Inspection } from "../shell/inspection.ts";
import { type Cell, type Column, fillTable, partBar } from "../shell/table.ts";

/** The layers; where the time is known, with their share of it, and what else has one. */
export function fillLayers(table: HTMLTableElement, { model, layers, parameters, profile }: Inspection): void {
  const works = new Map(profile?.layers.map(({ name, ms }) => [name.replace(`${model}/`, ""), ms]));
  const columns: Column[] = [["layer"], ["kind"], ["output"], ["parameters", true]];
  const rows = layers.map(({ name, kind, output, parameters }): Cell[] => [
    name,
    kind,
    output.join("×"),
    parameters > 0 ? showCount(parameters) : "",
    ...(profile ? [showMs(works.get(name))] : []),
  ]);
  const others = [...works]
    .filter(([work]) => !layers.some(({ name }) => name === work))
    .map(([work, ms]): Cell[] => [work, "", "", "", showMs(ms)]);
  const total = ["all", "", "", showCount(parameters), ...(profile ? [showMs(profile.total.ms)] : [])];
  fillTable(table, profile ? [...columns, ["ms", true]] : columns, [...rows, ...others, total]);
}

/** The dispatches, each with a button; `onChoose` hears of which index. Returns what chooses one, too. */
export function fillDispatches(
  table: HTMLTableElement,
  { model, dispatches, profile }: Inspection,
  onChoose: (index: number) => void,
): (index: number) => void {
  const columns: Column[] = [["#", true], ["dispatch"], ["workgroups", true], ["work", true], ["bytes", true]];
  const buttons: HTMLButtonElement[] = [];
  const choose = (index: number) => {
    for (const row of table.querySelectorAll("tr.chosen")) row.classList.remove("chosen");
    buttons[index]?.closest("tr")?.classList.add("chosen");
    onChoose(index);
  };
  const rows = dispatches.map((dispatch, i): Cell[] => {
    const button = make("button", dispatch.label.replace(`${model}/`, ""));
    button.type = "button";
    button.addEventListener("click", () => choose(i));
    buttons.push(button);
    const work = [
      dispatch.grid.filter((side) => side > 1).join("×") || "1",
      showFlops(dispatch.flops),
      showBytes(dispatch.bytes),
    ];
    return [`${i}`, button, ...work, ...(profile ? [showMs(profile.dispatches[i]?.ms)] : [])];
  });
  fillTable(table, profile ? [...columns, ["ms", true]] : columns, rows);
  return choose;
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
