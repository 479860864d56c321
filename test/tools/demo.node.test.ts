import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, serve } from "../../tools/browser.ts";

const timeout = 240_000;
const scratch = mkdtempSync(join(tmpdir(), "wgrad-demo-"));
let server: Awaited<ReturnType<typeof serve>>;
let browser: Browser;

beforeAll(async () => {
  server = await serve({ mode: "production" });
  browser = await launchBrowser({ headless: true });
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(scratch, { recursive: true });
});

async function openDemo(request: object = {}): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.setDefaultTimeout(timeout);
  await page.goto(`${server.url}/demo/?request=${encodeURIComponent(JSON.stringify(request))}`);
  return { page, problems };
}

test("a person trains, draws a digit and gets an answer", { timeout }, async () => {
  const { page, problems } = await openDemo({ epochs: 1, limit: 320 });
  await page.locator("#start:enabled").waitFor();
  expect(await page.textContent("#adapter")).toMatch(/ · (software|hardware)$/);
  await page.click("#start");
  expect(await page.isDisabled("#epochs")).toBe(true);
  await page.getByText(/^Done: \d+\.\d\d % of 4,000 test digits/).waitFor();

  expect(await page.locator("#confusion td").count()).toBe(100);
  expect(await page.locator("#gallery li").count()).toBe(48);
  expect(await page.textContent("#tileEpoch")).toBe("1 / 1");
  expect(await page.isEnabled("#save")).toBe(true);

  const pad = page.locator("#pad");
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  if (!box) throw new Error("the box to draw in is not shown");
  expect(await page.textContent("#answer")).toBe("?");
  await page.mouse.move(box.x + 0.5 * box.width, box.y + 0.2 * box.height);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.5 * box.width, box.y + 0.8 * box.height, { steps: 5 });
  await page.mouse.up();
  await page.locator("#answer", { hasText: /^\d$/ }).waitFor();
  const parts = await page
    .locator("#bars span")
    .evaluateAll((bars) => bars.map((bar) => Number((bar as HTMLElement).style.getPropertyValue("--part"))));
  expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 5);
  await page.click("#clear");
  expect(await page.textContent("#answer")).toBe("?");
  expect(await page.isHidden("#notice")).toBe(true);
  expect(problems).toEqual([]);
  await page.close();
});

test("bad files are a message on the page, and training can be tried again", { timeout }, async () => {
  const { page, problems } = await openDemo();
  await page.locator("#start:enabled").waitFor();
  await page.selectOption("#data", "files");
  const file = join(scratch, "train-images-idx3-ubyte");
  writeFileSync(file, "<html>not found</html>");
  await page.setInputFiles("#files", file);
  await page.click("#start");
  await page.getByText(/an HTML or XML page/).waitFor();
  expect(await page.isEnabled("#start")).toBe(true);
  expect(problems).toEqual([]);
  await page.close();
});

test("a browser without WebGPU is told so", { timeout }, async () => {
  const page = await browser.newPage();
  await page.addInitScript(() => Object.defineProperty(navigator, "gpu", { value: undefined }));
  await page.goto(`${server.url}/demo/`);
  await page.getByText(/no navigator\.gpu; wanted a browser with WebGPU/).waitFor();
  expect(await page.isDisabled("#start")).toBe(true);
  await page.close();
});
