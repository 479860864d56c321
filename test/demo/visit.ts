import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions, Page, Worker } from "playwright";
import { afterAll, beforeAll, expect, inject } from "vitest";
import { launchBrowser } from "../../tools/browser.ts";

/** A page of the demo in a browser context of its own, and what went wrong on it. */
export interface Visit {
  readonly page: Page;
  /** Uncaught errors, messages of errors in the console. */
  readonly problems: readonly string[];
  /** Addresses that were asked for. */
  readonly requests: readonly string[];
}

export type VisitPage = (query?: string, options?: BrowserContextOptions) => Promise<Visit>;

/** Starts a browser for the tests of a file, and closes it after them. */
export function useBrowser(): VisitPage {
  let browser: Browser | null = null;
  beforeAll(async () => {
    browser = await launchBrowser({ headless: true });
  });
  afterAll(async () => {
    await browser?.close();
  });
  return async (query = "", options = {}) => {
    if (!browser) throw new Error("the browser did not start");
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(50_000);
    const problems: string[] = [];
    const requests: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    context.on("request", (request) => requests.push(request.url()));
    await page.goto(inject("pageUrl") + query);
    return { page, problems, requests };
  };
}

/** The address of a page that trains on so many digits: with few, the network is ready at once. */
export function withDigits(limit: number, settings: { readonly epochs?: number } = {}): string {
  return `?request=${encodeURIComponent(JSON.stringify({ limit, ...settings }))}`;
}

/** Resolves when the network of the tab Digits may be trained. */
export function digitsReady(page: Page): Promise<void> {
  return page.locator("#digits-status", { hasText: "Ready." }).waitFor();
}

/** Ends the browser's GPU process: every device is lost. The browser starts another. */
export async function crashGpu(page: Page): Promise<void> {
  const debug = await page.context().browser()?.newBrowserCDPSession();
  await debug?.send("Browser.crashGpuProcess");
}

/** Fails unless a canvas comes to show what it showed before, though it may have lost that meanwhile. */
export async function expectShown(page: Page, canvas: string, before: string): Promise<void> {
  await expect.poll(async () => (await shownOn(page, canvas)) === before, { message: canvas }).toBe(true);
}

/** What the first canvas of this selector shows. */
export function shownOn(page: Page, canvas: string): Promise<string> {
  return page
    .locator(canvas)
    .first()
    .evaluate((found: HTMLCanvasElement) => found.toDataURL());
}

/** Whether nothing is to be seen on a canvas. */
export function isBlank(page: Page, canvas: string): Promise<boolean> {
  return page.locator(canvas).evaluate((found: HTMLCanvasElement) => {
    const { width, height } = found;
    const { data } = found.getContext("2d")?.getImageData(0, 0, width, height) ?? { data: [] };
    return data.every((value) => value === 0);
  });
}

/** Whether a worker of the page gets an adapter. */
export async function allowGpu(worker: Worker, isAllowed: boolean): Promise<void> {
  await worker.evaluate((allowed) => {
    if (allowed) Reflect.deleteProperty(navigator.gpu, "requestAdapter");
    else Object.defineProperty(navigator.gpu, "requestAdapter", { value: async () => null, configurable: true });
  }, isAllowed);
}

/** Drops a file where there is nothing to drop it on. @returns whether the page took it, and the browser stays */
export function dropBeside(page: Page, name: string): Promise<boolean> {
  return page.locator("header").evaluate((header, name) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["what is in it"], name));
    return !header.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer }));
  }, name);
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Fails where the accessibility checker finds fault with the page as it stands. */
export async function expectAccessible(page: Page): Promise<void> {
  // Scripts from outside are against the page's policy; what a debugger runs is not.
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: AxeViolation[] }> } };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => ({ id, html, failureSummary })),
    );
  });
  expect(violations).toEqual([]);
}

interface AxeViolation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}
