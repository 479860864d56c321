import type { StartSession } from "../../bench/headToHead/session.ts";
import type { BenchPage } from "../../bench/page/page.ts";
import { make } from "../shell/elements.ts";

/** Sessions in frames of this page: each engine has a global scope of its own, and is gone with its frame. */
export function sessionsIn(host: HTMLElement, signal: AbortSignal): StartSession {
  return async (engine) => {
    const frame = make("iframe", "", "engine");
    Object.assign(frame, { title: `${engine} at work`, tabIndex: -1, src: `measure/engine.html?engine=${engine}` });
    frame.ariaHidden = "true";
    const bench = await benchOf(frame, host).catch((error: unknown) => {
      frame.remove();
      throw error;
    });
    const unlessStopped = <T>(work: () => Promise<T>): Promise<T> => {
      signal.throwIfAborted();
      return work();
    };
    return {
      open: (task) => unlessStopped(() => bench.open(task)),
      block: (steps) => unlessStopped(() => bench.block(steps)),
      peakBytes: () => unlessStopped(async () => bench.peakBytes()),
      close: async () => frame.remove(),
    };
  };
}

/** Shows a frame, and waits for the program of its engine. */
async function benchOf(frame: HTMLIFrameElement, host: HTMLElement): Promise<BenchPage> {
  const loaded = new Promise((done) => frame.addEventListener("load", done, { once: true }));
  host.append(frame);
  await loaded;
  // A module that the page could not get leaves no promise.
  await frame.contentWindow?.engineLoaded;
  const bench = frame.contentWindow?.bench;
  if (!bench) throw new Error("the engine's program did not start");
  return bench;
}
