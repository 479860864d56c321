import { readFileSync } from "node:fs";
import type { Download, Page } from "playwright";
import { expect, test } from "vitest";
import { drawLandscape, landscapeClasses } from "../../demo/segment/landscape.ts";
import { openSafetensors } from "../../src/io/safetensors.ts";
import { countConfusion, segmentationScores } from "../../src/nn/evaluateSegmentation.ts";
import { useBrowser } from "./visit.ts";

const visit = useBrowser();
const landscape = drawLandscape();

type Point = readonly [x: number, y: number];

const ready = (page: Page) => page.locator("#segment-status", { hasText: /^(Ready|Learning|Settled)/ }).waitFor();
const learning = (page: Page) => page.locator("#segment-status", { hasText: /^Learning: step [1-9]/ }).waitFor();
const stepOf = async (page: Page) => Number((await page.textContent("#segment-step-count"))?.replace(",", ""));

/** Waits until so many steps are done. */
async function steps(page: Page, count: number): Promise<void> {
  const done = (wanted: number) =>
    Number(document.querySelector("#segment-step-count")?.textContent?.replace(",", "")) >= wanted;
  await page.waitForFunction(done, count, { timeout: 60_000 });
}

/** Paints with the mouse through points in pixels of the picture. */
async function paint(page: Page, points: readonly Point[]): Promise<void> {
  const box = await page.locator("#segment-strokes").boundingBox();
  const width = await page.locator("#segment-picture").evaluate((canvas: HTMLCanvasElement) => canvas.width);
  if (!box) throw new Error("the picture is not shown");
  const at = ([x, y]: Point) => [box.x + (x * box.width) / width, box.y + (y * box.width) / width] as const;
  const [first = [0, 0] as const, ...rest] = points;
  await page.mouse.move(...at(first));
  await page.mouse.down();
  for (const point of rest) await page.mouse.move(...at(point), { steps: 5 });
  await page.mouse.up();
}

/** Three level strokes within a class of the landscape, far from each other: first, middle and last in reading order. */
function strokesOn(label: number): Point[][] {
  const { truth, width, height } = landscape;
  const [length, room] = [36, 5];
  const isInside = (x: number, y: number) =>
    Array.from({ length: 2 * room + 1 }, (_, i) =>
      truth.subarray((y - room + i) * width + x - room).slice(0, length + 2 * room),
    ).every((line) => line.every((seen) => seen === label));
  const starts: Point[] = [];
  for (let y = room; y < height - room; y += 6) {
    for (let x = room; x < width - length - room; x += 6) if (isInside(x, y)) starts.push([x, y]);
  }
  const chosen = [0, 0.5, 1].map((part) => starts[Math.floor(part * (starts.length - 1))] ?? ([0, 0] as const));
  return chosen.map(([x, y]) => [
    [x, y],
    [x + length, y],
  ]);
}

/** What a click on a button hands out as a file. */
async function saved(page: Page, name: string): Promise<{ download: Download; bytes: Uint8Array }> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
  return { download, bytes: new Uint8Array(readFileSync(await download.path())) };
}

/** The indices of a PNG with a palette of as many colours as the landscape has classes, by its colours on the page. */
async function classesOf(page: Page, png: Uint8Array): Promise<Uint8Array> {
  const places = await page.evaluate(
    async (bytes) => {
      const bitmap = await createImageBitmap(new Blob([Uint8Array.from(bytes)], { type: "image/png" }));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
      context?.drawImage(bitmap, 0, 0);
      const { data } = context?.getImageData(0, 0, bitmap.width, bitmap.height) ?? { data: [] };
      const swatches = [...document.querySelectorAll<HTMLElement>("#segment-classes .swatch")];
      const colours = swatches.map((swatch) => swatch.style.getPropertyValue("--class-colour"));
      return Array.from({ length: data.length / 4 }, (_, i) =>
        colours.indexOf(`rgb(${data[4 * i]} ${data[4 * i + 1]} ${data[4 * i + 2]})`),
      );
    },
    [...png],
  );
  return Uint8Array.from(places);
}

test("learns from painted strokes, is saved, and resumed after a reload", { timeout: 120_000 }, async () => {
  const { page, problems } = await visit("#segment");
  await ready(page);
  for (const label of landscapeClasses.keys()) {
    await page.keyboard.press(`${label + 1}`);
    for (const stroke of strokesOn(label)) await paint(page, stroke);
  }
  await learning(page);
  expect(await page.textContent("#segment-hint")).toBe("");
  await steps(page, 120);
  const { download, bytes } = await saved(page, "Save mask");
  expect(download.suggestedFilename()).toBe("landscape-mask.png");
  // Colour type 3: the pixels are indices.
  expect(bytes[25]).toBe(3);
  const mask = await classesOf(page, bytes);
  const confusion = landscapeClasses.map(() => landscapeClasses.map(() => 0));
  countConfusion(confusion, landscape.truth, mask);
  const { iou } = segmentationScores(confusion);
  console.log(
    `IoU after ${await stepOf(page)} steps on 3 strokes a class: ${iou.map((one) => one.toFixed(3)).join(", ")}`,
  );
  expect(iou.reduce((sum, one) => sum + one, 0) / iou.length).toBeGreaterThan(0.85);

  await page.getByRole("button", { name: "Pause" }).click();
  await page.locator("#segment-status", { hasText: /^Paused/ }).waitFor();
  const paused = await stepOf(page);
  await page.getByRole("button", { name: "Step" }).click();
  await steps(page, paused + 1);
  const network = await saved(page, "Save network");
  const { metadata } = await openSafetensors(network.bytes);
  expect(JSON.parse(metadata["notes/classes"] ?? "").map(({ name }: { name: string }) => name)).toEqual([
    ...landscapeClasses,
  ]);
  expect((await saved(page, "Save overlay")).bytes.length).toBeGreaterThan(10_000);
  // The strokes are kept half a second after the last.
  await page.waitForTimeout(700);

  await page.reload();
  await page.getByText("Your painting of the last visit was kept: 9 strokes on landscape.").waitFor();
  await ready(page);
  await page.getByRole("button", { name: "Go on with it" }).click();
  await steps(page, paused + 1);
  expect(await page.isEnabled("#segment-undo")).toBe(true);
  await learning(page);
  expect(problems).toEqual([]);

  // A network from a file takes the place of this one and its strokes, and predicts without any.
  const file = { name: "net.safetensors", mimeType: "application/octet-stream", buffer: Buffer.from(network.bytes) };
  await page.getByLabel("Open a network from a safetensors file").setInputFiles(file);
  await page.locator("#segment-undo:disabled").waitFor();
  await page.locator("#segment-save-mask:enabled").waitFor();
  const again = await classesOf(page, (await saved(page, "Save mask")).bytes);
  expect(again.filter((label, i) => label === landscape.truth[i]).length / again.length).toBeGreaterThan(0.85);
  expect(problems).toEqual([]);
  await page.context().close();
});
