import "../../demo/segment/segment.css";
import { expect, test } from "vitest";
import { overlayPng, readPicture } from "../../demo/segment/pictures.ts";
import { find } from "../../demo/shell/elements.ts";
import { file, PageWindow, soon, useWindows } from "./pageWindow.ts";

useWindows();

test("a screen reader hears that it learns once, not of every step", async () => {
  const page = await PageWindow.open();
  for (const place of [1, 2]) page.paint(place, [50, 30 * place]);
  await soon();
  let spoken = 0;
  const watch = new MutationObserver((changes) => {
    spoken += changes.length;
  });
  for (const id of ["spoken", "hint"])
    watch.observe(find(page.host, `#segment-${id}`, HTMLElement), { childList: true });
  for (const step of [28, 1029]) page.painting.learned({ step, loss: 0.119, accuracy: 1, stepMs: 10 }, 0.1);
  await soon();
  expect([page.text("status"), page.text("spoken"), spoken]).toEqual([
    "Learning: step 1,029, 10 ms each",
    "Learning.",
    0,
  ]);
});

test("an overlay is saved as large as the file, also where that is not at hand", async () => {
  const half = new OffscreenCanvas(2, 1);
  const context = half.getContext("2d");
  if (context) context.fillStyle = "#f00";
  context?.fillRect(1, 0, 1, 1);
  const picture = await readPicture(await file("wide.png", 1600, 400), "wide.png");
  const { file: _, ...resumed } = picture;
  for (const opened of [picture, resumed]) {
    const saved = await createImageBitmap(await overlayPng(opened, half, 0.5));
    expect([saved.width, saved.height]).toEqual([1600, 400]);
    const shown = new OffscreenCanvas(1600, 400).getContext("2d");
    shown?.drawImage(saved, 0, 0);
    const red = [799, 800].map((x) => shown?.getImageData(x, 200, 1, 1).data[0] ?? 0);
    expect(red[0]).toBe(0);
    expect(Math.abs((red[1] ?? 0) - 127)).toBeLessThan(2);
  }
});

test("a picture is shown whole, a thin one larger; + and - zoom, about the middle, and strokes stay where they are", async () => {
  const page = await PageWindow.open();
  const stage = find(page.host, "#segment-stage", HTMLElement);
  const shown = find(page.host, "#segment-window", HTMLElement);
  const zoom = find(page.host, "#segment-zoom", HTMLSelectElement);
  expect(zoom.value).toBe("1");
  expect(stage.clientWidth).toBeLessThanOrEqual(shown.clientWidth);
  page.paint(1, [128, 128]);
  const { clientWidth } = stage;
  for (let i = 0; i < 9; i++) page.press("+");
  expect([zoom.value, Math.round(stage.clientWidth / clientWidth)]).toEqual(["16", 16]);
  const middle = (shown.scrollLeft + shown.clientWidth / 2) / stage.clientWidth;
  expect(middle).toBeCloseTo(0.5, 2);
  await expect.poll(() => page.shows([140, 128])).toBe(true);
  const surface = find(page.host, "#segment-strokes", HTMLCanvasElement);
  expect(surface.width * surface.height).toBeLessThan(1.01 * 2 ** 22);
  page.paint(2, [100, 100]);
  await soon();
  expect([page.labelAt([110, 100]), page.shows([110, 100])]).toEqual([2, true]);
  page.press("-");
  expect(zoom.value).toBe("8");
  await page.painting.take(await file("thin.png", 3000, 60));
  expect(Number(zoom.value)).toBeGreaterThan(1);
  expect(shown.scrollWidth).toBeGreaterThan(shown.clientWidth);
});
