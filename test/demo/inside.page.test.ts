import { expect, test } from "vitest";
import { useBrowser, withDigits } from "./visit.ts";

const visit = useBrowser();
const quick = withDigits(320);

test("a network from inside: layers, memory, dispatches, the kernel that one chooses, its time", async () => {
  const { page, problems } = await visit(`${quick}#inside`);
  await page.getByText("no network to look into yet").waitFor();
  await page.click("#panel-inside a[href='#digits']");
  await page.locator("#digits-status", { hasText: "Ready." }).waitFor();
  await page.click("#tab-inside");
  await page.locator("#inside-layers tbody tr").first().waitFor();
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
  expect(problems).toEqual([]);
  await page.context().close();
});
