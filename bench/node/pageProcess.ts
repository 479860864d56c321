import type { BenchPage } from "../page/page.ts";
import { installDawn } from "./dawn.ts";

/** A call of one of the page's functions, and its answer, between processes. */
export interface PageCall {
  readonly name: keyof BenchPage;
  readonly argument: unknown;
}
export type PageAnswer = { readonly ready: true } | { readonly value: unknown } | { readonly error: string };

/** This process as wgrad's page of the head-to-head: answers the calls of the process that started it, one by one. */
export async function servePageProcess(): Promise<void> {
  installDawn();
  // The counters wrap WebGL, too.
  const noDraws = class {
    drawElements(): void {}
    drawArrays(): void {}
  };
  Object.assign(globalThis, { window: globalThis, WebGL2RenderingContext: noDraws });
  await import("../engines/wgrad.ts");
  const answer = (message: PageAnswer) => process.send?.(message);
  process.on("message", async ({ name, argument }: PageCall) => {
    try {
      const call = window.bench?.[name] as ((given: unknown) => unknown) | undefined;
      answer({ value: await call?.(argument) });
    } catch (error) {
      answer({ error: error instanceof Error ? error.message : String(error) });
    }
  });
  process.on("disconnect", () => process.exit());
  answer({ ready: true });
  await new Promise(() => undefined);
}
