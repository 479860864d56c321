import type { AdapterKind } from "../../tools/browser.ts";
import type { BrowserName } from "../../tools/launchDriven.ts";
import { runInNode } from "../node/launch.ts";
import { sweepInBrowser } from "../sweep/browser.ts";
import { checkPattern } from "../sweep/pattern.ts";
import { reportScale } from "./report.ts";

export interface ScaleOptions {
  /** A regular expression: the points to time; default all. */
  readonly only?: string;
  /** Timed blocks of each point. Default 3. */
  readonly blocks?: number;
  /** Where the rows go as JSON. */
  readonly json?: string;
  readonly adapter?: AdapterKind;
  /** A headless browser, or Node with Dawn. */
  readonly runtime: BrowserName | "node";
}

/** Times training steps as batch, side, channels and depth grow, and prints the table. Exit code 1 when a point failed. */
export async function runScale(options: ScaleOptions): Promise<number> {
  const { blocks = 3, json, adapter, runtime } = options;
  const only = checkPattern(options.only ?? "");
  if (runtime === "node") return runInNode("scale", { only, blocks, ...(json === undefined ? {} : { json }) }, adapter);
  return reportScale(await sweepInBrowser("bench/scale/page.html", { only, blocks }, runtime, adapter), json);
}
