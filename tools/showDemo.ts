import { spawn } from "node:child_process";
import type { Browser } from "playwright";
import { standardRequest, type TrainRequest } from "../demo/digits/request.ts";
import { launchBrowser } from "./browser.ts";
import { servePage } from "./servePage.ts";
import { resolveRequest, type TrainOptions } from "./trainOptions.ts";
import { dataUrl } from "./trainTask.ts";

/** Builds and serves the demo page, opens it in a window, and stays until Ctrl-C, or until the window is closed. */
export async function showDemo(options: TrainOptions): Promise<number> {
  const { request, folder } = await resolveRequest(options);
  console.log("Building the page ...");
  const server = await servePage(folder === null ? {} : { [dataUrl]: folder });
  const url = `${server.url}${searchOf(request)}`;
  console.log(`The page is at ${url}\nPress Ctrl-C to end.`);
  const interrupted = new Promise<void>((done) => process.once("SIGINT", done));
  const browser = process.platform === "linux" ? await openChromium(url) : null;
  if (browser) {
    await Promise.race([interrupted, new Promise((done) => browser.once("disconnected", done))]);
    await browser.close();
  } else {
    openOwnBrowser(url);
    await interrupted;
  }
  await server.close();
  return 0;
}

/** The part of the page's address that starts the training and says what to train; the page knows what is standard. */
function searchOf(request: TrainRequest): string {
  const standard = new Map<string, unknown>(Object.entries(standardRequest));
  const special = Object.entries(request).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(standard.get(key)),
  );
  if (special.length === 0) return "?start";
  return `?start&request=${encodeURIComponent(JSON.stringify(Object.fromEntries(special)))}`;
}

/** On Linux most browsers come with WebGPU off: the one that set-up found is started with the flags for it. */
async function openChromium(url: string): Promise<Browser | null> {
  try {
    const browser = await launchBrowser({ headless: false, closeOnInterrupt: false });
    const page = await browser.newPage({ viewport: null });
    await page.goto(url);
    page.once("close", () => void browser.close());
    return browser;
  } catch (error) {
    console.log(error instanceof Error ? error.message : error);
    return null;
  }
}

/** Opens the browser that the person uses. */
function openOwnBrowser(url: string): void {
  const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
    darwin: ["open", url],
    // `start` is part of cmd; its first quoted argument would be a title.
    win32: ["cmd", "/c", "start", '""', url],
  };
  const [program, ...args] = openers[process.platform] ?? ["xdg-open", url];
  const child = spawn(program, args, { stdio: "ignore", detached: true, windowsVerbatimArguments: true });
  child.on("error", () => console.log(`${program} could not open it: open the address yourself.`));
  child.unref();
}
