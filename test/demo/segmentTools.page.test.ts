import type { Page } from "playwright";
import { expect, test } from "vitest";
import { saved } from "./painting.ts";
import { expectAccessible, useBrowser } from "./visit.ts";

const visit = useBrowser();

const ready = (page: Page) => page.locator("#segment-status", { hasText: /^(Ready|Learning|Settled)/ }).waitFor();

/** How many pixels of the canvas of strokes are painted. */
const painted = (page: Page) =>
  page.locator("#segment-strokes").evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ?? new ImageData(1, 1);
    return data.filter((opacity, i) => i % 4 === 3 && opacity > 0).length;
  });

/** A picture of two colours, left and right, as a PNG file. */
async function twoColours(page: Page, width: number, height: number): Promise<Buffer> {
  const bytes = await page.evaluate(
    async ([w, h]) => {
      const canvas = new OffscreenCanvas(w, h);
      const context = canvas.getContext("2d");
      for (const [colour, left] of [
        ["#a33", 0],
        ["#38a", w / 2],
      ] as const) {
        if (context) context.fillStyle = colour;
        context?.fillRect(left, 0, w / 2, h);
      }
      return [...new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer())];
    },
    [width, height] as const,
  );
  return Buffer.from(bytes);
}

test("a picture of one's own, by keyboard alone: two strokes, and it learns; undone, and it rests", async () => {
  const { page, problems } = await visit("#segment");
  await ready(page);
  const buffer = await twoColours(page, 800, 400);
  const chooser = page.getByLabel("Open a picture of your own");
  await chooser.setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
  await page.locator("#notice", { hasText: "notes.png: 10 bytes that are no image" }).waitFor();
  await chooser.setInputFiles({ name: "flag.png", mimeType: "image/png", buffer });
  await page.getByText("724 × 362 pixels, made smaller from 800 × 400").waitFor();
  expect(await page.isHidden("#notice")).toBe(true);
  await ready(page);
  expect(await page.textContent("#segment-hint")).toContain("Paint a stroke of “Class 1”");

  const surface = page.locator("#segment-strokes");
  await surface.focus();
  const press = async (keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const walk = (key: string, count: number) => press(new Array<string>(count).fill(key));
  await walk("ArrowLeft", 20);
  await press([" "]);
  await walk("ArrowDown", 8);
  await press([" "]);
  expect(await painted(page)).toBeGreaterThan(100);
  expect(await page.textContent("#segment-hint")).toContain("one of “Class 2”");
  expect(await page.isDisabled("#segment-start")).toBe(true);
  await press(["2"]);
  await walk("ArrowRight", 40);
  await press([" "]);
  await walk("ArrowUp", 8);
  await press([" "]);
  await page.locator("#segment-status", { hasText: /^Learning: step [1-9]/ }).waitFor();
  await page.locator("#segment-save-mask:enabled").waitFor();
  // The mask fits the file: its sides are the first numbers of a PNG.
  const mask = Buffer.from((await saved(page, "Save mask")).bytes);
  expect([mask.readUInt32BE(16), mask.readUInt32BE(20)]).toEqual([800, 400]);
  await surface.focus();

  const both = await painted(page);
  await press(["Control+z"]);
  expect(await painted(page)).toBeLessThan(both);
  // One class alone teaches nothing: training ends by itself.
  await page.locator("#segment-status", { hasText: /^Ready/ }).waitFor();
  expect(await page.isDisabled("#segment-save-mask")).toBe(true);
  await press(["Control+Shift+z"]);
  expect(await painted(page)).toBe(both);
  await page.locator("#segment-status", { hasText: /^Learning/ }).waitFor();
  await press(["e"]);
  expect(await page.getAttribute("#segment-eraser", "aria-pressed")).toBe("true");
  await press([" "]);
  await walk("ArrowDown", 8);
  await press([" "]);
  expect(await painted(page)).toBeLessThan(both);
  expect(problems).toEqual([]);
  await page.context().close();
});

test("on a phone: classes are added, named, painted by touch and removed with their strokes", async () => {
  const { page } = await visit("#segment", { viewport: { width: 390, height: 844 }, hasTouch: true });
  await page.locator("#segment-classes li").first().waitFor();
  expect(await page.locator("#segment-classes li").count()).toBe(3);
  for (let i = 0; i < 3; i++) await page.getByRole("button", { name: "Add a class" }).click();
  expect(await page.isDisabled("#segment-add")).toBe(true);
  expect(await page.getByLabel("Paint Class 6").isChecked()).toBe(true);
  await page.getByLabel("Name of class 6").fill("Cloud");
  await page.locator("#segment-strokes").tap();
  expect(await painted(page)).toBeGreaterThan(10);
  await page.getByLabel("Remove class 6 and its strokes").click();
  expect(await painted(page)).toBe(0);
  expect(await page.getByLabel("Paint Class 5").isChecked()).toBe(true);
  await page.getByRole("button", { name: "Add a class" }).click();
  expect(await page.locator("#segment-classes li").count()).toBe(6);
  await page.context().close();
});

test("drawn cells: the membranes are found; both sides are accessible in light and dark, and fit a phone", async () => {
  const { page, problems } = await visit("#segment");
  await ready(page);
  await expectFits(page);
  await page.getByLabel("Drawn cells").check();
  await page.locator("#cells-start:enabled").click();
  const figure = async (id: string) => Number(await page.textContent(`#cells-${id}`));
  await page.waitForFunction(() => Number(document.querySelector("#cells-iou")?.textContent) > 0.5);
  expect(await figure("dice")).toBeGreaterThan(await figure("iou"));
  await page.locator("#cells-start", { hasText: "Pause" }).click();
  await page.locator("#cells-status", { hasText: "Paused" }).waitFor();
  const before = await figure("step-count");
  await page.click("#cells-step");
  await page.waitForFunction((step) => Number(document.querySelector("#cells-step-count")?.textContent) > step, before);
  await expectFits(page);

  await page.click("#tab-inside");
  await page.getByText("unet").first().waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

/** Fails where the checker finds fault with either theme, or the page is wider than a phone. */
async function expectFits(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await expectAccessible(page);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  await page.setViewportSize({ width: 1280, height: 900 });
}
