import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Browser, Page } from "playwright";
import { build, type PreviewServer, preview, type ViteDevServer } from "vite";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { dawnPath } from "../../bench/node/launch.ts";
import { serveExamples } from "../../examples/serve.ts";
import { chooseAdapter, launchBrowser } from "../../tools/browser.ts";
import { softwareVulkan } from "../../tools/softwareVulkan.ts";
import { run } from "../package/builtPackage.ts";

/** Every example is run as it stands, on this machine's adapter. */

const root = resolve(import.meta.dirname, "../..");
const patience = { timeout: 50_000, interval: 1000 };
let browser: Browser;

// Networks are trained here, on the CPU where there is no GPU.
vi.setConfig({ testTimeout: 120_000 });

beforeAll(async () => {
  browser = await launchBrowser({ headless: true, draws: true });
});

afterAll(() => browser?.close());

/** Opens a page; uncaught errors, and errors and warnings of the console, go into `faults`. */
async function open(url: string) {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults };
}

/** Waits until the page's text matches, and returns what the parentheses found, as numbers. */
async function numbersOf(page: Page, pattern: RegExp): Promise<number[]> {
  const output = page.locator("output");
  await expect.poll(() => output.textContent(), patience).toMatch(pattern);
  const [, ...found] = pattern.exec((await output.textContent()) ?? "") ?? [];
  return found.map(Number);
}

/** The pixels of an element as they are shown, RGBA, in a quarter of its sides. */
async function pixelsOf(page: Page, selector: string): Promise<number[]> {
  const png = (await page.locator(selector).screenshot()).toString("base64");
  return page.evaluate(async (data) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const [width, height] = [image.width >> 2, image.height >> 2];
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context?.drawImage(image, 0, 0, width, height);
    return [...(context?.getImageData(0, 0, width, height).data ?? [])];
  }, png);
}

type Colour = readonly [red: number, green: number, blue: number];

/** Which pixels have a colour of a kind. */
function where(pixels: readonly number[], isKind: (...colour: Colour) => boolean): boolean[] {
  return Array.from({ length: pixels.length / 4 }, (_, i) =>
    isKind(pixels[4 * i] ?? 0, pixels[4 * i + 1] ?? 0, pixels[4 * i + 2] ?? 0),
  );
}

const share = (mask: readonly boolean[]) => mask.filter(Boolean).length / mask.length;

describe("on pages, from the library's source", () => {
  let server: ViteDevServer;
  let url: string;

  beforeAll(async () => {
    server = await serveExamples({
      logLevel: "error",
      cacheDir: mkdtempSync(join(tmpdir(), "wgrad-examples-")),
      server: { host: "127.0.0.1", port: 0, hmr: false, watch: null },
    });
    url = server.resolvedUrls?.local[0] ?? "";
  });

  afterAll(() => server?.close());

  test("their types are right", () => {
    run(root, process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "examples"]);
  });

  test("a render loop shows a network's output as it trains", async () => {
    const { page, faults } = await open(`${url}render-loop/`);
    await numbersOf(page, /\d+ steps, loss ([\d.]+)/);
    const picture = await pixelsOf(page, "#picture");
    /** How much more often dark places of the picture, which membranes are, are yellow than light ones. */
    const contrast = async () => {
      const isYellow = where(await pixelsOf(page, "#answer"), (red, _, blue) => red > blue);
      const dark = isYellow.filter((_, i) => (picture[4 * i] ?? 0) < 90);
      const light = isYellow.filter((_, i) => (picture[4 * i] ?? 0) > 140);
      return share(dark) / (share(light) + 0.01);
    };
    await expect.poll(contrast, patience).toBeGreaterThan(2);
    expect(faults).toEqual([]);
    await page.close();
  });

  test("three.js shows it as a texture", async () => {
    const { page, faults } = await open(`${url}three/`);
    await numbersOf(page, /\d+ steps, loss ([\d.]+)/);
    /** Share of the pixels that have the bright colours of viridis, and of those that have the dark ones. */
    const ends = async () => {
      const scene = await pixelsOf(page, "#scene");
      const bright = where(scene, (red, green, blue) => red > 140 && green > 180 && blue < 120);
      const dark = where(scene, (red, green, blue) => blue > red + 30 && blue > green && red < 110);
      return Math.min(share(bright), share(dark));
    };
    await expect.poll(ends, patience).toBeGreaterThan(0.01);
    expect(faults).toEqual([]);
    await page.close();
  });

  test("a video is segmented frame by frame", async () => {
    const { page, faults } = await open(`${url}video/`);
    await expect.poll(async () => (await numbersOf(page, /(\d+) frames segmented/))[0], patience).toBeGreaterThan(5);
    // Discs are orange: found ones are greenish now, others dark; what was taken for a disc is green.
    const answer = await pixelsOf(page, "#answer");
    const found = share(where(answer, (red, green) => red > 110 && green > 140));
    const missed = share(where(answer, (red, green, blue) => red > blue + 25 && green < 100));
    const mistaken = share(where(answer, (red, green) => red <= 110 && green > 110));
    expect(found).toBeGreaterThan(0.03);
    expect(found / (found + missed + mistaken)).toBeGreaterThan(0.7);
    expect(faults).toEqual([]);
    await page.close();
  });
});

describe("on the built library", () => {
  /** An app's folder, in which wgrad is installed. */
  let app: string;

  beforeAll(async () => {
    app = mkdtempSync(join(tmpdir(), "wgrad-built-"));
    await build({ root, logLevel: "error", build: { outDir: join(app, "dist"), emptyOutDir: true } });
    cpSync(join(root, "package.json"), join(app, "package.json"));
    cpSync(join(root, "examples/single-file"), join(app, "examples/single-file"), { recursive: true });
    cpSync(join(root, "examples/node"), join(app, "examples/node"), { recursive: true });
  });

  afterAll(() => rmSync(app, { recursive: true, force: true }));

  test("a single HTML file imports it", async () => {
    const files: PreviewServer = await preview({
      root: app,
      configFile: false,
      logLevel: "error",
      build: { outDir: "." },
      preview: { host: "127.0.0.1", port: 0 },
    });
    const { page, faults } = await open(`${files.resolvedUrls?.local[0]}examples/single-file/index.html`);
    const [accuracy] = await numbersOf(page, /accuracy on digits kept back: ([\d.]+)\ndone/);
    expect(accuracy).toBeGreaterThan(0.8);
    expect(faults).toEqual([]);
    await page.close();
    await files.close();
  });

  test("Node trains on Dawn", async () => {
    mkdirSync(join(app, "node_modules"));
    symlinkSync(app, join(app, "node_modules/wgrad"), "junction");
    symlinkSync(dirname(dirname(dirname(dawnPath()))), join(app, "node_modules/webgpu"), "junction");
    const driver = chooseAdapter() === "software" ? await softwareVulkan() : {};
    const printed = run(app, process.execPath, ["examples/node/main.mjs"], driver);
    expect(printed).toMatch(/^Device: .+\nepoch 1: loss [\d.]+, accuracy [\d.]+\n/);
    const [, accuracy] = /accuracy on digits it has not seen: ([\d.]+)/.exec(printed) ?? [];
    expect(Number(accuracy)).toBeGreaterThan(0.8);
  });
});
