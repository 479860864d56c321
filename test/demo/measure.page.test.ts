import { expect, test } from "vitest";
import { useBrowser } from "./visit.ts";

const visit = useBrowser();

test("stops, measures wgrad, and copies the result as JSON", async () => {
  const { page, problems } = await visit("#measure", { permissions: ["clipboard-read", "clipboard-write"] });
  await page.locator("#measure-start").waitFor();
  for (const peer of await page.locator("#measure-engines input:not(#measure-engine-wgrad)").all())
    await peer.uncheck();
  // Enter on a choice begins nothing.
  await page.press("#measure-engine-wgrad", "Enter");
  expect(await page.textContent("#measure-start")).toBe("Measure");
  await page.click("#measure-start");
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped.").waitFor();
  expect(await page.locator("iframe").count()).toBe(0);
  await page.click("#measure-start");
  await page.getByText("Done.").waitFor();
  expect(await page.locator("iframe").count()).toBe(0);
  expect(await page.textContent("#measure-results")).toMatch(/wgrad \d+\.\d+\.\d+/);
  await page.click("#measure-copy");
  await page.getByText("Copied.").waitFor();
  const results = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  expect(results).toMatchObject({
    adapter: { vendor: expect.any(String) },
    rows: [{ peer: "wgrad", model: "lenet5" }],
  });
  expect(results.rows[0].msStep.median).toBeGreaterThan(0);
  await page.click("#measure-start");
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped.").waitFor();
  expect(await page.isDisabled("#measure-copy")).toBe(true);
  expect(problems).toEqual([]);
  await page.context().close();
});
