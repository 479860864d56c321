import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, inject, test } from "vitest";
import { drawDigits } from "../../src/data/digits.ts";
import { mnistFiles } from "../../src/data/idx.ts";
import { mnistWebMirrors } from "../../src/data/mnist.ts";
import { digitsReady, dropBeside, useBrowser, withDigits } from "./visit.ts";

const visit = useBrowser();
const quick = withDigits(320, { epochs: 1 });

/** Bytes as an IDX file of this shape. */
function idx(shape: readonly number[], bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((side, i) => {
    header.writeUInt32BE(side, 4 + 4 * i);
  });
  return Buffer.concat([header, bytes]);
}

/** Digits in the four files of MNIST's form, some of them gzipped. */
function files(): { name: string; mimeType: string; buffer: Buffer }[] {
  return Object.values(mnistFiles).flatMap(({ images, labels }, i) => {
    const { count, height, width, ...set } = drawDigits({ count: [640, 210][i] ?? 0, seed: i + 5 });
    return [
      { name: `${images}.gz`, mimeType: "", buffer: gzipSync(idx([count, height, width], set.images)) },
      { name: labels, mimeType: "", buffer: idx([count], set.labels) },
    ];
  });
}

test("IDX files of a person's own are trained on, kept for the next visit, and refused where they are broken", async () => {
  const { page, problems } = await visit(quick);
  await digitsReady(page);
  await page.selectOption("#digits-data", "files");
  await page.setInputFiles("#digits-picked", files());
  await page.getByText("210 test digits").waitFor();
  await digitsReady(page);
  await page.getByRole("button", { name: "Step" }).click();
  await page.locator("#digits-status", { hasText: "Paused at step 1 of 5" }).waitFor();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.locator("#digits-status", { hasText: "Done." }).waitFor();

  await page.reload();
  await page.getByText("LeNet-5, done after epoch 1.").waitFor();
  await digitsReady(page);
  await page.getByRole("button", { name: "Go on with it" }).click();
  await page.getByText("210 test digits").waitFor();
  await page.locator("#digits-status", { hasText: "Done." }).waitFor();

  const broken = files().map((file, i) =>
    i === 2 ? { ...file, buffer: Buffer.from("<html>not found</html>") } : file,
  );
  await page.setInputFiles("#digits-picked", broken);
  await page.locator("#notice").getByText("an HTML or XML page").waitFor();
  expect(await page.isEnabled("#digits-reset")).toBe(true);
  expect(problems).toEqual([]);
  await page.context().close();
});

describe("MNIST", () => {
  test("is asked for when it is chosen, and refused where it is another file", async () => {
    const { page, requests } = await visit(quick);
    await page.context().route(/^https:/, (route) => route.fulfill({ status: 200, body: "something else" }));
    await digitsReady(page);
    expect(requests.filter((url) => url.startsWith("https:"))).toEqual([]);
    await page.selectOption("#digits-data", "mnist");
    await page.locator("#notice").getByText("of SHA-256").waitFor();
    const file = "train-images-idx3-ubyte.gz";
    const asked = requests.filter((url) => url.startsWith("https:"));
    expect(asked).toEqual(mnistWebMirrors.map((mirror) => mirror + file));

    // What could not be taken still waits, whatever else is refused.
    await page.fill("#digits-batch", "32");
    const garbage = { name: "garbage.safetensors", mimeType: "", buffer: Buffer.from("no network at all") };
    await page.setInputFiles("#digits-open", garbage);
    await page.locator("#notice").getByText("safetensors").waitFor();
    expect(await dropBeside(page, "cat.jpg")).toBe(true);
    await page.locator("#notice").getByText("cat.jpg: a file of another name").waitFor();
    expect(await page.inputValue("#digits-data")).toBe("mnist");
    expect(await page.inputValue("#digits-batch")).toBe("32");
    expect(await page.isVisible("#digits-pending")).toBe(true);
    await page.context().close();
  });

  const folder = "../shared/data/mnist/";
  test.skipIf(!existsSync(folder))(`is trained on, and not asked for again (needs ${folder})`, async () => {
    const { page, requests } = await visit(quick);
    await page.context().route(/^https:/, (route) => {
      const name = new URL(route.request().url()).pathname.split("/").at(-1) ?? "";
      return route.fulfill({ headers: { "access-control-allow-origin": "*" }, body: readFileSync(folder + name) });
    });
    await digitsReady(page);
    await page.selectOption("#digits-data", "mnist");
    await page.locator("#digits-status", { hasText: "Downloading" }).waitFor();
    await digitsReady(page);
    const asked = () => requests.filter((url) => url.startsWith("https:")).length;
    expect(asked()).toBe(4);
    await page.reload();
    await digitsReady(page);
    await page.selectOption("#digits-data", "mnist");
    await page.locator("#digits-status", { hasText: "Reading" }).waitFor();
    await digitsReady(page);
    expect(asked()).toBe(4);
    await page.context().close();
  });
});

describe("a browser that keeps nothing", () => {
  test.each([
    [
      "for want of room",
      "the browser's storage is full",
      `FileSystemWritableFileStream.prototype.write = async () => {
        throw new DOMException("Quota exceeded.", "QuotaExceededError");
      };`,
    ],
    [
      "by its settings",
      "the browser denies this page its storage (Not here.)",
      `navigator.storage.getDirectory = indexedDB.open = () => { throw new DOMException("Not here.", "SecurityError"); };`,
    ],
  ])("%s trains all the same, and says so once", async (_, reason, refusal) => {
    const { page, problems } = await visit("about:blank");
    // By a clock that is ahead there is something to keep after the first steps.
    const ahead = "{ const now = performance.now.bind(performance); performance.now = () => now() + 1e6; }";
    await page.route(/worker-.*\.js$/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${refusal}${ahead}${await response.text()}` });
    });
    await page.goto(inject("pageUrl") + withDigits(128, { epochs: 1 }));
    await digitsReady(page);
    await page.getByRole("button", { name: "Start" }).click();
    await page.locator("#notice").getByText(`Nothing can be kept for your next visit: ${reason}.`).waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await page.locator("#digits-status", { hasText: "Done." }).waitFor();
    expect(await page.isHidden("#notice")).toBe(true);
    await page.setInputFiles("#digits-picked", files());
    await page.getByText("210 test digits").waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  });
});
