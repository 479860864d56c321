import { readFileSync } from "node:fs";
import type { Download, Page } from "playwright";
import { expect, test } from "vitest";
import { readSettings } from "../../demo/digits/settings.ts";
import { openSafetensors } from "../../src/io/safetensors.ts";
import { allowGpu, crashGpu, expectShown, isBlank, shownOn, useBrowser } from "./visit.ts";

const visit = useBrowser();

/** Settings in the page's address, as `npm start` puts them there. */
const ask = (request: object) => `?request=${encodeURIComponent(JSON.stringify(request))}`;

/** Enough to read most digits right, in seconds: 100 steps an epoch. */
const short = ask({ limit: 3200, batch: 32, epochs: 2, optimizer: "sgd", learningRate: 0.05 });

const says = (page: Page, text: string | RegExp) => page.locator("#digits-status", { hasText: text }).waitFor();

/** Steps of the epoch that are done, and its number. */
async function position(page: Page): Promise<{ epoch: number; step: number }> {
  const step = /step (\d+) of/.exec((await page.textContent("#digits-status")) ?? "")?.[1];
  const epoch = (await page.textContent("#digits-epoch"))?.split(" / ")[0];
  return { epoch: Number(epoch), step: Number(step) };
}

async function pauseAfter(page: Page, step: number): Promise<void> {
  await page.waitForFunction(
    (least) => Number(/step (\d+) of/.exec(document.querySelector("#digits-status")?.textContent ?? "")?.[1]) >= least,
    step,
  );
  await page.getByRole("button", { name: "Pause" }).click();
  await says(page, /^Paused/);
}

/** The file that a button saves. */
async function download(page: Page, button: string): Promise<Download> {
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: button }).click();
  return downloading;
}

/** Records what an element says from now on; the function that comes back reads it. */
async function recordTexts(page: Page, selector: string): Promise<() => Promise<string[]>> {
  const texts = await page.locator(selector).evaluateHandle((element) => {
    const said: string[] = [];
    new MutationObserver(() => said.push(element.textContent)).observe(element, { childList: true });
    return said;
  });
  return () => texts.jsonValue();
}

/** Draws lines through these points, in parts of the pad's side. */
async function draw(page: Page, strokes: readonly (readonly (readonly [number, number])[])[]): Promise<void> {
  const pad = page.locator("#digits-pad");
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  if (!box) throw new Error("the pad is not shown");
  for (const stroke of strokes) {
    for (const [i, [x, y]] of stroke.entries()) {
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 3 });
      if (i === 0) await page.mouse.down();
    }
    await page.mouse.up();
  }
}

const circle = Array.from({ length: 17 }, (_, i): [number, number] => [
  0.5 - 0.2 * Math.sin((i * Math.PI) / 8),
  0.5 - 0.3 * Math.cos((i * Math.PI) / 8),
]);

test("trains, pauses, steps, is reloaded, resumes at the same step, reads a drawn digit, saves and opens", {
  timeout: 120_000,
}, async () => {
  const { page, problems } = await visit(short);
  await says(page, "Ready.");
  await page.getByRole("button", { name: "Start" }).click();
  // The pad answers while the network learns.
  await draw(page, [circle]);
  await page.locator("#digits-answer", { hasText: /^\d$/ }).waitFor();
  await pauseAfter(page, 15);
  const paused = await position(page);
  await page.waitForTimeout(300);
  expect(await position(page)).toEqual(paused);
  await page.getByRole("button", { name: "Step" }).click();
  await says(page, `step ${paused.step + 1} of 100`);

  // What was kept when it paused is where it goes on after a visit.
  await page.reload();
  await says(page, "Ready.");
  const offer = page.locator("#digits-kept");
  expect(await offer.textContent()).toContain(`LeNet-5, epoch ${paused.epoch}, step ${paused.step}.`);
  await page.getByRole("button", { name: "Go on with it" }).click();
  await says(page, `Paused at step ${paused.step} of 100`);
  expect(await position(page)).toEqual(paused);
  expect(await page.textContent("#digits-loss")).toMatch(/^\d\.\d{3}$/);
  const spoken = await recordTexts(page, "#digits-spoken");
  await page.getByRole("button", { name: "Continue" }).click();
  await says(page, "Done.");
  // A screen reader hears of an epoch, not of every step.
  const epochs = [1, 2].slice(paused.epoch - 1).map((epoch) => `Training: epoch ${epoch} of 2`);
  expect(await spoken()).toEqual([...epochs, "Done. More epochs let it go on."]);

  // Enter ends the writing of a number, and starts nothing.
  await page.fill("#digits-epochs", "3");
  await page.press("#digits-epochs", "Enter");
  await says(page, "Paused at step 0 of 100");
  expect(await page.isEnabled("#digits-step")).toBe(true);
  await page.waitForTimeout(200);
  expect(await page.textContent("#digits-start")).toBe("Continue");
  await page.fill("#digits-epochs", "2");
  await page.press("#digits-epochs", "Enter");
  await says(page, "Done.");
  const accuracy = (await page.textContent("#digits-test")) ?? "";
  expect(Number.parseFloat(accuracy)).toBeGreaterThan(85);
  expect(await page.textContent("#digits-judged")).toContain("4,000 test digits");
  expect(await page.locator("#digits-confusion td").count()).toBe(100);

  await draw(page, [circle]);
  await page.locator("#digits-answer", { hasText: "0" }).waitFor();
  const parts = await page
    .locator("#digits-bars li")
    .evaluateAll((bars) => bars.map((bar) => Number((bar as HTMLElement).style.getPropertyValue("--part"))));
  expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 5);
  await page.getByRole("button", { name: "Clear" }).click();
  await draw(page, [
    [
      [0.5, 0.2],
      [0.5, 0.8],
    ],
  ]);
  await page.locator("#digits-answer", { hasText: "1" }).waitFor();

  await page.getByRole("button", { name: "Clear" }).click();
  await page.locator("#digits-answer", { hasText: "?" }).waitFor();
  // Without a pen: the keys are enough.
  await page.getByRole("button", { name: "Test digit" }).press("Enter");
  await page.locator("#digits-answer", { hasText: /^\d$/ }).waitFor();

  // A network that waits for the next reset is not the one that is saved.
  await page.selectOption("#digits-network", "mnistKeras");
  const saved = await download(page, "Save");
  expect(saved.suggestedFilename()).toBe("lenet5.safetensors");
  const file = await saved.path();
  expect(readFileSync(file).subarray(8, 24).toString()).toContain("__metadata__");
  for (const [button, file, begin] of [
    ["CSV file of the curves", /^curves\.csv$/, "time,step,name,value\r\n"],
    ["TensorBoard file of the curves", /^events\.out\.tfevents\./, "brain.Event:2"],
  ] as const) {
    const curves = await download(page, button);
    expect(curves.suggestedFilename()).toMatch(file);
    const content = readFileSync(await curves.path()).toString("latin1");
    expect(content.slice(0, 64)).toContain(begin);
    expect(content).toContain("accuracy/validation");
  }
  await page.selectOption("#digits-network", "lenet5");
  await page.selectOption("#digits-optimizer", "adam");
  await page.fill("#digits-rate", "0.003");
  await page.getByRole("button", { name: "Reset" }).press("Enter");
  await says(page, "Ready.");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("digits-reset");
  // What the reset dropped can be taken back.
  expect(await offer.textContent()).toBe("Your training was kept: LeNet-5, done after epoch 2.");
  expect(await offer.isVisible()).toBe(true);
  expect(await page.inputValue("#digits-rate")).toBe("0.003");
  const { metadata } = await openSafetensors(readFileSync(await (await download(page, "Save")).path()));
  expect(readSettings(metadata["notes/settings"])).toMatchObject({ optimizer: "adam", learningRate: 0.003 });
  expect(Number.parseFloat((await page.textContent("#digits-test")) ?? "")).toBeLessThan(40);
  await page.setInputFiles("#digits-open", file);
  await says(page, "Done.");
  expect(problems).toEqual([]);
  await page.context().close();
});

test("a training outlives the GPU's process", { timeout: 120_000 }, async () => {
  // `npm start` has the page start by itself.
  const { page } = await visit(`${short}&start`);
  await says(page, /step [1-9]/);
  await crashGpu(page);
  await says(page, "The GPU was lost.");
  await says(page, /^Training: step/);
  expect(await page.isHidden("#notice")).toBe(true);

  // It pauses whatever a field says, and makes what quick fingers ask for one after the other.
  await page.fill("#digits-batch", "0");
  await page.getByRole("button", { name: "Pause" }).click();
  await says(page, /^Paused/);
  await page.fill("#digits-batch", "32");
  const told = await recordTexts(page, "#digits-status");
  await page.evaluate(() => {
    for (const name of ["step", "step", "step", "start"]) document.getElementById(`digits-${name}`)?.click();
  });
  const trained = async () => (await told()).filter((text) => /^Training/.test(text)).length;
  await expect.poll(trained, { timeout: 20_000 }).toBeGreaterThan(5);
  expect(await page.isHidden("#notice")).toBe(true);

  const since = await recordTexts(page, "#digits-status");
  await page.getByRole("button", { name: "Reset" }).click();
  await says(page, "Ready.");
  expect((await since()).filter((text) => /^Paused/.test(text))).toEqual([]);
  await page.context().close();
});

test("without another GPU the page says what to do, and offers the training where it was", {
  timeout: 120_000,
}, async () => {
  const { page } = await visit(`${short}&start`);
  await says(page, /step [1-9]/);
  const [worker] = page.workers();
  if (!worker) throw new Error("the tab has a worker");
  await allowGpu(worker, false);
  await page.getByRole("button", { name: "Test digit" }).click();
  await page.waitForFunction(
    () => Number(/step (\d+) of/.exec(document.querySelector("#digits-status")?.textContent ?? "")?.[1]) > 65,
  );
  const drawn = await shownOn(page, "#digits-pad");
  await crashGpu(page);
  await page.locator("#notice p", { hasText: "try again; if that does not help, restart the browser" }).waitFor();
  await expectShown(page, "#digits-pad", drawn);
  // A validation that was under way may have changed which these are.
  expect(await isBlank(page, "#digits-mistakes canvas >> nth=0")).toBe(false);
  const offer = page.getByRole("button", { name: "Go on with it" });
  await offer.click();
  await page.locator("#notice p", { hasText: "The GPU is gone" }).waitFor();
  expect(await page.isDisabled("#digits-start")).toBe(true);
  await allowGpu(worker, true);
  await offer.click();
  await says(page, /^Paused at step/);
  const { epoch, step } = await position(page);
  expect(100 * (epoch - 1) + step).toBeGreaterThanOrEqual(50);
  await page.getByRole("button", { name: "Continue" }).click();
  await says(page, "Done.");
  expect(await page.isHidden("#notice")).toBe(true);
  await page.context().close();
});
