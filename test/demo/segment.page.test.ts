import type { Page } from "playwright";
import { expect, test } from "vitest";
import { landscapeClasses } from "../../demo/segment/landscape.ts";
import { openSafetensors } from "../../src/io/safetensors.ts";
import {
  classesOf,
  landscape,
  landscapeIou,
  learning,
  paint,
  ready,
  saved,
  stepOf,
  steps,
  strokesOn,
} from "./painting.ts";
import { allowGpu, crashGpu, expectShown, isBlank, shownOn, useBrowser } from "./visit.ts";

const visit = useBrowser();

test("learns from painted strokes, is saved, and resumed after a reload", { timeout: 120_000 }, async () => {
  const { page, problems } = await visit("#segment");
  await ready(page);
  for (const label of landscapeClasses.keys()) {
    await page.keyboard.press(`${label + 1}`);
    for (const stroke of strokesOn(label)) await paint(page, stroke);
  }
  await learning(page);
  expect(await page.textContent("#segment-hint")).toBe("Where it is wrong, paint what is there.");
  await steps(page, 120);
  const { download, bytes } = await saved(page, "Save mask");
  expect(download.suggestedFilename()).toBe("landscape-mask.png");
  // Colour type 3: the pixels are indices.
  expect(bytes[25]).toBe(3);
  const iou = await landscapeIou(page);
  console.log(
    `IoU after ${await stepOf(page)} steps on 3 strokes a class: ${iou.map((one) => one.toFixed(3)).join(", ")}`,
  );
  expect(iou.reduce((sum, one) => sum + one, 0) / iou.length).toBeGreaterThan(0.85);

  await page.getByRole("button", { name: "Pause" }).click();
  await page.locator("#segment-status", { hasText: /^Paused/ }).waitFor();
  const paused = await stepOf(page);
  const step = page.getByRole("button", { name: "Step" });
  await step.evaluate((button: HTMLButtonElement) => {
    for (let i = 0; i < 4; i++) button.click();
  });
  await steps(page, paused + 4);
  // With strokes that are gone and come back, so does what was learned from them, without a step.
  await page.getByRole("button", { name: "Clear" }).click();
  await page.locator("#segment-save-mask:disabled").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.locator("#segment-save-mask:enabled").waitFor();
  expect(await stepOf(page)).toBe(paused + 4);
  const network = await saved(page, "Save network");
  const { metadata } = await openSafetensors(network.bytes);
  expect(JSON.parse(metadata["notes/classes"] ?? "").map(({ name }: { name: string }) => name)).toEqual([
    ...landscapeClasses,
  ]);
  expect((await saved(page, "Save overlay")).bytes.length).toBeGreaterThan(10_000);
  // The strokes are kept half a second after the last.
  await page.waitForTimeout(700);

  await page.reload();
  await page.getByText("Your painting was kept: 9 strokes on landscape, learned in ").waitFor();
  await ready(page);
  await page.getByRole("button", { name: "Go on with it" }).click();
  await steps(page, paused + 4);
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
  const rock = await page.locator("#segment-classes li:nth-child(3) .swatch").evaluate(colourOf);
  expect(await coloursOf(page)).toContain(rock);
  await page.getByLabel("Remove class 3 and its strokes").click();
  await expect.poll(() => coloursOf(page)).not.toContain(rock);
  expect(new Set(await classesOf(page, (await saved(page, "Save mask")).bytes))).toEqual(new Set([0, 1]));
  expect(problems).toEqual([]);
  await page.context().close();
});

test("a training outlives the GPU's process, with the strokes that were painted meanwhile", {
  timeout: 240_000,
}, async () => {
  const { page } = await visit("#segment");
  await ready(page);
  const paintClass = async (label: number) => {
    await page.keyboard.press(`${label + 1}`);
    for (const stroke of strokesOn(label)) await paint(page, stroke);
  };
  await paintClass(0);
  await paintClass(1);
  await page.keyboard.press("Control+z");
  await steps(page, 20);
  const told = page.evaluate(
    () =>
      new Promise<number[]>((done) => {
        const counted: number[] = [];
        const count = document.querySelector("#segment-step-count");
        new MutationObserver(() => {
          counted.push(Number(count?.textContent));
          if ((counted.at(-1) ?? 0) >= 120) done(counted);
        }).observe(count ?? document, { childList: true });
      }),
  );
  await crashGpu(page);
  await page.locator("#segment-status", { hasText: "The GPU was lost." }).waitFor();
  await page.keyboard.press("Control+Shift+z");
  await paintClass(2);
  await learning(page);
  const counted = await told;
  // It goes on at the step where it was.
  expect(counted).toEqual(counted.toSorted((a, b) => a - b));
  expect(await page.isHidden("#notice")).toBe(true);
  const iou = await landscapeIou(page);
  console.log(`IoU after a lost GPU: ${iou.map((one) => one.toFixed(3)).join(", ")}`);
  expect(iou.reduce((sum, one) => sum + one, 0) / iou.length).toBeGreaterThan(0.85);
  await expectStrokes(page, 9);
  await page.context().close();
});

test("without another GPU the page says what to do, keeps what was painted, and goes on when there is one", {
  timeout: 240_000,
}, async () => {
  const { page } = await visit("#segment");
  await ready(page);
  for (const label of [0, 1]) {
    await page.keyboard.press(`${label + 1}`);
    for (const stroke of strokesOn(label)) await paint(page, stroke);
  }
  await steps(page, 30);
  const [worker] = page.workers();
  if (!worker) throw new Error("the tab has a worker");
  await allowGpu(worker, false);
  const shown = await shownOn(page, "#segment-picture");
  await crashGpu(page);
  await page.locator("#notice p", { hasText: "try again; if that does not help, restart the browser" }).waitFor();
  await expectShown(page, "#segment-picture", shown);
  expect(await isBlank(page, "#segment-strokes")).toBe(false);
  expect(await page.textContent("#segment-status")).toBe(
    "No GPU. You can go on painting; it is learned when there is one.",
  );
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator("#notice p", { hasText: "The GPU is gone" }).waitFor();
  for (const stroke of strokesOn(2)) {
    await page.keyboard.press("3");
    await paint(page, stroke);
  }
  await page.keyboard.press("Control+z");
  await allowGpu(worker, true);
  await page.getByRole("button", { name: "Try again" }).click();
  await learning(page);
  expect(await page.isHidden("#notice")).toBe(true);
  // What was learned before the last snapshot is there, and so are undone strokes.
  expect(await stepOf(page)).toBeGreaterThanOrEqual(16);
  await page.keyboard.press("Control+y");
  await steps(page, 50);
  await expectStrokes(page, 9);
  await page.context().close();
});

test("reloaded in mid-training it offers strokes, picture, network and step, as often as it is reloaded", {
  timeout: 240_000,
}, async () => {
  const { page, problems } = await visit("#segment");
  await ready(page);
  // The second sample, so that the picture is not the one that is there anyway.
  await page.getByRole("button", { name: "Drawn tissue" }).click();
  await page.getByText("tissue: 256 × 256 pixels").waitFor();
  await ready(page);
  for (const [key, x, y] of [
    ["1", 30, 40],
    ["2", 150, 160],
  ] as const) {
    await page.keyboard.press(key);
    await paint(page, [
      [x, y],
      [x + 30, y],
    ]);
  }
  await learning(page);
  const size = await page.textContent("#segment-size");
  const kept = () =>
    page.evaluate(async () => {
      const folder = await navigator.storage.getDirectory();
      const file = await folder.getFileHandle("segment-network.safetensors").catch(() => null);
      return (await file?.getFile())?.size ?? 0;
    });
  await expect.poll(kept, { timeout: 40_000 }).toBeGreaterThan(10_000);
  await page.waitForTimeout(700);
  const picture = () => page.locator("#segment-picture").evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  const painted = await picture();
  // A visit that decides nothing leaves it as it was.
  for (let visit = 0; visit < 2; visit++) {
    await page.reload();
    await page.getByText("Your painting was kept: 2 strokes on tissue, learned in").waitFor();
    await ready(page);
    await page.waitForTimeout(700);
  }
  const steps = Number(/learned in (\d+) steps?/.exec((await page.textContent("#segment-kept")) ?? "")?.[1]);
  expect(steps).toBeGreaterThan(0);
  await page.getByRole("button", { name: "Go on with it" }).click();
  await learning(page);
  expect(await stepOf(page)).toBeGreaterThan(steps);
  expect(await picture()).toBe(painted);
  expect(await page.textContent("#segment-size")).toBe(size);
  await expectStrokes(page, 2);
  expect(problems).toEqual([]);
  await page.context().close();
});

/** Fails unless so many strokes can be undone, no more and no fewer. Undoes them. */
async function expectStrokes(page: Page, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    expect(await page.isDisabled("#segment-undo")).toBe(false);
    await page.getByRole("button", { name: "Undo" }).click();
  }
  expect(await page.isDisabled("#segment-undo")).toBe(true);
}

/** The colour of a class, as the page's style names it. */
const colourOf = (swatch: Element) => (swatch as HTMLElement).style.getPropertyValue("--class-colour");

/** The colours that the overlay has. */
function coloursOf(page: Page): Promise<string[]> {
  return page.locator("#segment-overlay").evaluate((overlay: HTMLCanvasElement) => {
    const { width, height } = overlay;
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context?.drawImage(overlay, 0, 0);
    const { data } = context?.getImageData(0, 0, width, height) ?? new ImageData(1, 1);
    const colours = new Set<string>();
    for (let at = 0; at < data.length; at += 4) colours.add(`rgb(${data[at]} ${data[at + 1]} ${data[at + 2]})`);
    return [...colours];
  });
}
