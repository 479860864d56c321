import { readFileSync } from "node:fs";
import type { Download, Page } from "playwright";
import { drawLandscape, landscapeClasses } from "../../demo/segment/landscape.ts";
import { countConfusion, segmentationScores } from "../../src/nn/evaluateSegmentation.ts";

/** The picture that the tab Segment opens first. */
export const landscape = drawLandscape();

export type Point = readonly [x: number, y: number];

export const ready = (page: Page) =>
  page.locator("#segment-status", { hasText: /^(Ready|Learning|Settled)/ }).waitFor();
export const learning = (page: Page) => page.locator("#segment-status", { hasText: /^Learning: step [1-9]/ }).waitFor();
export const stepOf = async (page: Page) => Number((await page.textContent("#segment-step-count"))?.replace(",", ""));

/** Waits until so many steps are done. */
export async function steps(page: Page, count: number): Promise<void> {
  const done = (wanted: number) =>
    Number(document.querySelector("#segment-step-count")?.textContent?.replace(",", "")) >= wanted;
  await page.waitForFunction(done, count, { timeout: 60_000 });
}

/** Paints with the mouse through points in pixels of the picture. */
export async function paint(page: Page, points: readonly Point[]): Promise<void> {
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
export function strokesOn(label: number): Point[][] {
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
export async function saved(page: Page, name: string): Promise<{ download: Download; bytes: Uint8Array }> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
  return { download, bytes: new Uint8Array(readFileSync(await download.path())) };
}

/** The indices of a PNG with a palette of as many colours as the landscape has classes, by its colours on the page. */
export async function classesOf(page: Page, png: Uint8Array): Promise<Uint8Array> {
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

/** IoU of each class of the mask on the page with the landscape's truth. */
export async function landscapeIou(page: Page): Promise<readonly number[]> {
  const { bytes } = await saved(page, "Save mask");
  const confusion = landscapeClasses.map(() => landscapeClasses.map(() => 0));
  countConfusion(confusion, landscape.truth, await classesOf(page, bytes));
  return segmentationScores(confusion).iou;
}
