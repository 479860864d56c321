import { expect, test } from "vitest";
import { useBrowser, withDigits } from "./visit.ts";

const visit = useBrowser();
const quick = withDigits(320);

test("a network from inside: layers, memory, dispatches, the kernel that one chooses, its time", async () => {
  const { page, problems } = await visit(`${quick}#inside`);
  await page.getByText("no network to look into yet").waitFor();
  await page.click("#panel-inside a[href='#digits']");
  await page.locator("#digits-controls").waitFor();
  await page.click("#tab-inside");
  await page.getByText("The network is not ready yet.").waitFor();
  await page.locator("#inside-layers tbody tr").first().waitFor();
  expect(await page.isHidden("#inside-making")).toBe(true);
  expect(await page.isHidden("#notice")).toBe(true);
  expect(await page.textContent("#inside-layers tbody tr:last-child")).toContain("61,706");
  expect(await page.locator("#inside-memory canvas").count()).toBe(1);

  const dispatches = await page.locator("#inside-dispatches tbody tr").count();
  expect(await page.textContent("#inside-figures")).toContain(`Dispatches${dispatches}`);
  await page.getByRole("button", { name: "conv2/conv2d", exact: true }).click();
  expect(await page.textContent("#inside-kernel")).toBe("conv2d");
  const code = (await page.textContent("#inside-wgsl")) ?? "";
  expect(code).toMatch(/@compute @workgroup_size/);
  expect(code).toMatch(/^\/\/ /m);
  await page.getByRole("button", { name: "loss/lossAndGradient" }).click();
  expect(await page.textContent("#inside-wgsl")).not.toBe(code);

  await page.click("#inside-time");
  await page.locator("#inside-kernels tbody tr").first().waitFor();
  expect(await page.textContent("#inside-figures")).toMatch(/Time\d+\.\d\d ms/);
  expect(await page.textContent("#inside-kernels")).toContain("conv2dKernelGradient");
  // Every dispatch is in a row of the layers, or of what serves them all.
  const ms = await page.locator("#inside-layers td:last-child").allTextContents();
  const all = Number(ms.pop());
  expect(Math.abs(all - ms.reduce((sum, text) => sum + Number(text), 0))).toBeLessThan(0.001 * ms.length);

  // What was chosen and timed stays.
  expect(await page.textContent("#inside-dispatches tr.chosen")).toContain("loss/lossAndGradient");
  const timed = await page.textContent("#inside-kernels");
  await page.click("#tab-measure");
  await page.click("#tab-inside");
  await page.locator("#inside-time:enabled").waitFor();
  expect(await page.textContent("#inside-kernels")).toBe(timed);
  expect(await page.textContent("#inside-dispatches tr.chosen")).toContain("loss/lossAndGradient");
  expect(problems).toEqual([]);
  await page.context().close();
});
