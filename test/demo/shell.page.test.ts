import type { Page } from "playwright";
import { expect, inject, test } from "vitest";
import { digitsReady, dropBeside, expectAccessible, useBrowser, withDigits } from "./visit.ts";

const visit = useBrowser();
const quick = withDigits(320);
const tabs = ["digits", "segment", "inside", "measure"] as const;

/** What shows that a tab is there. */
const waited = {
  digits: "#digits-mistakes li",
  segment: "#segment-classes li",
  inside: "#inside-dispatches button",
  measure: "#measure-start",
};

test("every tab is accessible in light and dark, fits a phone, and loads nothing from elsewhere", {
  timeout: 90_000,
}, async () => {
  const { page, requests, problems } = await visit(quick);
  await digitsReady(page);
  for (const tab of tabs) {
    await page.click(`#tab-${tab}`);
    await page.locator(waited[tab]).first().waitFor();
    // What a tab says is wrong is not said of the next one.
    if (tab === "inside") expect(await page.isHidden("#notice")).toBe(true);
    // Files are caught on every tab, also by one that has no use for them.
    expect(await dropBeside(page, "notes.txt")).toBe(true);
    if (tab === "segment") {
      await page.locator("#notice").getByText("notes.txt").waitFor();
      await page.getByRole("button", { name: "Close" }).press("Enter");
      // The focus goes where the reader goes on.
      await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("panel-segment");
      expect(await dropBeside(page, "notes.txt")).toBe(true);
      await page.locator("#notice").getByText("notes.txt").waitFor();
    }
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await expectAccessible(page);
    }
    for (const width of [320, 600, 1280]) expect(await cutSelects(page, width), `at ${width} pixels`).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    const overhang = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overhang, `pixels by which ${tab} is wider than a phone`).toBeLessThanOrEqual(0);
    const figures = await page.locator(".figures dd:visible").evaluateAll((all) => {
      return all
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
        .map(({ textContent }) => textContent);
    });
    expect(figures, "longer than their place").toEqual([]);
    await page.setViewportSize({ width: 1280, height: 900 });
  }
  const own = new URL(inject("pageUrl")).origin;
  const strange = requests.filter((url) => !url.startsWith(own) && !/^(data|blob):/.test(url));
  expect(strange).toEqual([]);
  // Peers are loaded when they are to be measured.
  expect(requests.filter((url) => /tfjs|jax/.test(url))).toEqual([]);
  expect(problems).toEqual([]);
  await page.context().close();
});

test("a browser without WebGPU is told which has it, and by which flag", async () => {
  const { page } = await visit("about:blank");
  await page.addInitScript(() => Object.defineProperty(navigator, "gpu", { value: undefined }));
  await page.goto(inject("pageUrl"));
  const advice = page.locator("#panels .card");
  expect(await advice.textContent()).toMatch(/no WebGPU.*Chrome and Edge.*113.*--enable-unsafe-webgpu/);
  expect(await page.textContent("#adapter")).toBe("no WebGPU");
  // No tab is there to be opened, by nothing that a person can do.
  expect(await page.locator("[role=tab]:visible").count()).toBe(0);
  await page.evaluate(() => {
    location.hash = "measure";
    document.getElementById("tab-digits")?.click();
  });
  await page.waitForTimeout(100);
  expect(await page.locator("[role=tabpanel]:visible").count()).toBe(0);
  expect(await advice.isVisible()).toBe(true);
  expect(await page.isHidden("#notice")).toBe(true);
  await expectAccessible(page);
  await page.context().close();
});

test("tabs: one stop of the tab key, arrows, Home and End; the address names the open one", async () => {
  const { page } = await visit(`${quick}#measure`);
  const open = () => page.locator("[role=tab][aria-selected=true]").textContent();
  await page.locator("#measure-start").waitFor();
  expect(await open()).toBe("Measure");
  await page.focus("#tab-measure");
  await page.keyboard.press("Home");
  expect(await open()).toBe("Digits");
  expect(new URL(page.url()).hash).toBe("#digits");
  await page.keyboard.press("ArrowLeft");
  expect(await open()).toBe("Measure");
  await page.keyboard.press("ArrowLeft");
  expect(await open()).toBe("Inside");
  expect(await page.locator("[role=tab][tabindex='0']").count()).toBe(1);
  // Under the pointer it is marked as before.
  const mark = () => page.locator("#tab-inside").evaluate((tab) => getComputedStyle(tab).borderBottomColor);
  const marked = await mark();
  await page.hover("#tab-inside");
  expect(await mark()).toBe(marked);
  expect(await page.locator("[role=tabpanel]:visible").getAttribute("id")).toBe("panel-inside");
  await page.goBack();
  await expect.poll(open).toBe("Measure");
  // One that could not be loaded stands in no other's way, and is loaded when it is pressed again.
  await page.context().setOffline(true);
  await page.click("#tab-segment");
  await page
    .locator("#notice", { hasText: "Segment could not be loaded. Open it again when you are online." })
    .waitFor();
  await page.context().setOffline(false);
  await page.click("#tab-segment");
  await page.locator("#segment-strokes").waitFor();
  expect(await page.locator("#segment-stage").evaluate((stage) => getComputedStyle(stage).position)).toBe("relative");
  expect(await page.isHidden("#notice")).toBe(true);
  await page.evaluate(() => {
    location.hash = "nothing";
  });
  await expect.poll(() => new URL(page.url()).hash).toBe("#digits");
  expect(await open()).toBe("Digits");
  await page.context().close();
});

/** The selects that do not show their longest text to the end where the page is so wide. */
async function cutSelects(page: Page, width: number): Promise<string[]> {
  await page.setViewportSize({ width, height: 844 });
  return page.locator("select:visible").evaluateAll((selects: HTMLSelectElement[]) => {
    const isCut = (select: HTMLSelectElement) => {
      const given = select.offsetWidth;
      select.style.width = "max-content";
      const wanted = select.offsetWidth;
      select.style.width = "";
      return given < wanted;
    };
    return selects.filter(isCut).map(({ id }) => id);
  });
}
