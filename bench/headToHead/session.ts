import type { Browser } from "playwright";
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

/** Sessions in clean pages: a browser context for each, without a cache. */
export function sessionsIn(browser: Browser, url: string): StartSession {
  return async (engine) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${url}/bench/page/page.html`);
    await page.addScriptTag({ type: "module", url: `/engines/${engine}.js` });
    const handle = await page.evaluateHandle((): BenchPage => {
      if (!window.bench) throw new Error("the engine's program did not start");
      return window.bench;
    });
    return {
      open: (task) => handle.evaluate((bench, given) => bench.open(given), task),
      block: (steps) => handle.evaluate((bench, count) => bench.block(count), steps),
      peakBytes: () => handle.evaluate((bench) => bench.peakBytes()),
      close: () => context.close(),
    };
  };
}
