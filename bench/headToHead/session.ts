import type { DrivenBrowser } from "../../tools/drivenBrowser.ts";
import type { BenchPage, Block, PageTask } from "../page/page.ts";
import type { EngineName } from "./engines.ts";

/** One engine with one network, nothing else in memory. */
export interface Session {
  /** Makes the network and does its first step. */
  open(task: PageTask): Promise<{ readonly ms: number; readonly loss: number }>;
  block(steps: number): Promise<Block>;
  /** Null for WebGL. */
  peakBytes(): Promise<number | null>;
  close(): Promise<void>;
}

export type StartSession = (engine: EngineName) => Promise<Session>;

/** Sessions in clean pages, each of a profile of its own, without a cache. */
export function sessionsIn(browser: DrivenBrowser, url: string): StartSession {
  return async (engine) => {
    const page = await browser.newPage();
    await page.goto(`${url}/bench/page/page.html`);
    await page.addModule(`/engines/${engine}.js`);
    await page.evaluate(() => {
      if (!window.bench) throw new Error("the engine's program did not start");
    }, null);
    return {
      open: (task) => page.evaluate((given) => (window.bench as BenchPage).open(given), task),
      block: (steps) => page.evaluate((count) => (window.bench as BenchPage).block(count), steps),
      peakBytes: () => page.evaluate(() => (window.bench as BenchPage).peakBytes(), null),
      close: () => page.close(),
    };
  };
}
