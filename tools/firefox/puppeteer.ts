import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { DrivenResponse } from "../drivenBrowser.ts";
import { installPackages } from "../installPackages.ts";

/** As much of Puppeteer's types as is used: the package is there only once somebody has asked for Firefox. */
export interface Puppeteer {
  launch(options: {
    readonly browser: "firefox";
    readonly executablePath: string;
    readonly headless: boolean;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly extraPrefsFirefox: Readonly<Record<string, boolean>>;
    /** 0: no answer is waited for in vain; a step may take minutes. */
    readonly protocolTimeout: number;
  }): Promise<PuppeteerBrowser>;
}

export interface PuppeteerBrowser {
  createBrowserContext(): Promise<{ newPage(): Promise<PuppeteerPage>; close(): Promise<void> }>;
  /** `"firefox/153.8.0"`. */
  version(): Promise<string>;
  close(): Promise<void>;
}

export interface PuppeteerPage {
  exposeFunction(name: string, report: (event: never) => void): Promise<void>;
  on(event: "pageerror" | "error", listener: (error: Error) => void): unknown;
  on(event: "response", listener: (response: DrivenResponse) => void): unknown;
  goto(url: string): Promise<unknown>;
  addScriptTag(script: { readonly type: "module"; readonly url: string }): Promise<unknown>;
  evaluate<Given, Result>(call: (given: Given) => Result | Promise<Result>, given: Given): Promise<Result>;
}

const folder = dirname(fileURLToPath(import.meta.url));

/** Puppeteer, installed beside this file when it is not there yet. @throws DeviceError where that fails */
export async function loadPuppeteer(): Promise<Puppeteer> {
  const entry = join(folder, "node_modules/puppeteer-core/lib/esm/puppeteer/puppeteer-core.js");
  if (!existsSync(entry))
    installPackages(folder, "Puppeteer for Firefox", "Or use Chromium, which needs no Puppeteer.");
  const { default: puppeteer } = (await import(pathToFileURL(entry).href)) as { default: Puppeteer };
  return puppeteer;
}
