import type { AdapterKind } from "../../tools/browser.ts";
import type { BrowserName } from "../../tools/launchDriven.ts";
import { runInNode } from "../node/launch.ts";
import { sweepInBrowser } from "../sweep/browser.ts";
import { checkPattern } from "../sweep/pattern.ts";
import { reportKernels } from "./report.ts";

export interface KernelOptions {
  /** A regular expression: the cases to time; default all. */
  readonly only?: string;
  /** Timed blocks of each case. Default 3. */
  readonly blocks?: number;
  /** Where the rows go as JSON. */
  readonly json?: string;
  readonly adapter?: AdapterKind;
  /** A headless browser, or Node with Dawn. */
  readonly runtime: BrowserName | "node";
}

/** Times every kernel family and prints the table. Exit code 1 when a case could not run. */
export async function runKernels(options: KernelOptions): Promise<number> {
  const { blocks = 3, json, adapter, runtime } = options;
  const only = checkPattern(options.only ?? "");
  if (runtime === "node")
    return runInNode("kernels", { only, blocks, ...(json === undefined ? {} : { json }) }, adapter);
  return reportKernels(await sweepInBrowser("bench/kernels/page.html", { only, blocks }, runtime, adapter), json);
}
