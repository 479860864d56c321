import type { Row } from "../../bench/headToHead/rows.ts";
import { significant } from "../../bench/headToHead/table.ts";
import { networks } from "../../bench/networks/index.ts";
import type { NetworkName } from "../../bench/networks/network.ts";
import { make } from "../shell/elements.ts";

/** The engines of one network as bars, the slowest the longest. */
export function race(name: NetworkName, rows: readonly Row[]): HTMLElement {
  const { title } = networks[name];
  const section = make("section", "", "race");
  const slowest = Math.max(...rows.map(({ msStep }) => msStep?.median ?? 0));
  const list = make("ol", "", "race");
  list.append(...rows.map((row) => lane(row, slowest)));
  section.append(make("h3", `${title}, batch ${rows[0]?.batch ?? ""}`), list);
  return section;
}

function lane({ peer, version, msStep, ratio, cannot, agrees }: Row, slowest: number): HTMLLIElement {
  const item = make("li", "", peer === "wgrad" ? "own" : "");
  item.append(make("span", `${peer} ${version}`));
  if (!msStep) {
    item.append(make("span", cannot ?? "no result", "cannot"));
    return item;
  }
  const bar = make("span", "", "bar");
  bar.style.setProperty("--part", `${msStep.median / slowest}`);
  const beside =
    agrees === false ? "other losses" : ratio === null || peer === "wgrad" ? "" : `${significant(ratio)} ×`;
  item.append(bar, make("span", `${significant(msStep.median)} ms`, "number"), make("span", beside, "number"));
  return item;
}
