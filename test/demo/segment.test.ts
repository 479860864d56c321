import "../../demo/segment/segment.css";
import { afterEach, describe, expect, test, vi } from "vitest";
import { readKept } from "../../demo/segment/keeping.ts";
import { find } from "../../demo/shell/elements.ts";
import { showNotice } from "../../demo/shell/notice.ts";
import { file, PageWindow, soon, useWindows } from "./pageWindow.ts";

const nothing = 255;
const row = { step: 28, loss: 0.119, accuracy: 1, stepMs: 10 };

const { createWritable } = FileSystemFileHandle.prototype;

useWindows();
afterEach(() => {
  FileSystemFileHandle.prototype.createWritable = createWritable;
});

describe("the stroke in hand", () => {
  test("is what Ctrl+Z takes back", async () => {
    const page = await PageWindow.open();
    page.paint(1, [20, 20]);
    page.pointer("down", [100, 100]);
    page.pointer("move", [140, 100]);
    await soon();
    expect(page.shows([120, 100])).toBe(true);
    page.press("z", { ctrlKey: true });
    page.pointer("move", [180, 100]);
    page.pointer("up", [180, 100]);
    await soon();
    expect([[30, 20] as const, [120, 100] as const, [160, 100] as const].map((at) => page.shows(at))).toEqual([
      true,
      false,
      false,
    ]);
    expect([page.labelAt([30, 20]), page.labelAt([120, 100])]).toEqual([1, nothing]);
  });

  test("is none where a second finger comes to pinch, and none of theirs is one", async () => {
    const page = await PageWindow.open();
    page.pointer("down", [50, 50]);
    page.pointer("move", [60, 50]);
    page.pointer("down", [200, 200], 2);
    for (const away of [10, 20]) {
      page.pointer("move", [60 - away, 50]);
      page.pointer("move", [200 + away, 200], 2);
    }
    page.pointer("up", [40, 50]);
    page.pointer("up", [220, 200], 2);
    await soon();
    expect(page.painted).toEqual([]);
    expect(page.shows([55, 50])).toBe(false);
    page.paint(1, [50, 50]);
    await soon();
    expect(page.labelAt([60, 50])).toBe(1);
  });

  test("is that of one pointer, whatever moves beside it", async () => {
    const page = await PageWindow.open();
    page.pointer("down", [50, 50]);
    page.pointer("move", [50, 100], 3);
    page.pointer("up", [50, 100], 3);
    page.pointer("move", [80, 50]);
    page.pointer("up", [80, 50]);
    await soon();
    expect([page.labelAt([50, 80]), page.labelAt([70, 50])]).toEqual([nothing, 1]);
  });

  test("of the keyboard goes on while space is held", async () => {
    const page = await PageWindow.open();
    page.type(" ");
    for (let i = 0; i < 3; i++) page.type(" ", true);
    page.type("ArrowRight");
    page.type(" ");
    page.click("#segment-undo");
    expect(page.can("undo")).toBe(false);
  });
});

describe("classes", () => {
  test("that are removed, and strokes that are cleared, are back when that is undone", async () => {
    const page = await PageWindow.open();
    for (const place of [1, 2, 3]) page.paint(place, [50, 30 * place]);
    page.click("#segment-classes li:nth-child(2) button");
    await soon();
    expect([page.names, page.painted]).toEqual([
      ["Water", "Rock"],
      [0, 1],
    ]);
    page.click("#segment-clear");
    await soon();
    expect([page.painted, page.can("clear")]).toEqual([[], false]);
    page.click("#segment-undo");
    await soon();
    expect(page.painted).toEqual([0, 1]);
    page.click("#segment-undo");
    await soon();
    expect([page.names, page.painted]).toEqual([
      ["Water", "Meadow", "Rock"],
      [0, 1, 2],
    ]);
    page.click("#segment-redo");
    expect(page.names).toEqual(["Water", "Rock"]);
  });

  test("of a network from a file are answers, of which the worker hears: none that was removed is", async () => {
    const page = await PageWindow.open();
    const { picture, classes } = page.painting;
    if (!picture) throw new Error("there is a picture");
    await page.painting.open({ picture, classes, network: new Uint8Array(8), known: [0, 1, 2] });
    expect(page.text("hint")).toBe("Where it is wrong, paint what is there.");
    page.click("#segment-classes li:nth-child(2) button");
    page.click("#segment-add");
    await soon();
    expect([page.names, page.worker.known]).toEqual([
      ["Water", "Rock", "Class 3"],
      [0, 1],
    ]);
    page.click("#segment-undo");
    page.click("#segment-undo");
    await soon();
    expect(page.worker.known).toEqual([0, 1, 2]);
  });

  test("get names that no other has", async () => {
    const page = await PageWindow.open();
    await page.painting.take(await file("own.png", 64, 64));
    for (let i = 0; i < 2; i++) page.click("#segment-add");
    page.click("#segment-classes li:nth-child(2) button");
    page.click("#segment-add");
    expect(page.names).toEqual(["Class 1", "Class 3", "Class 4", "Class 5"]);
  });

  test("that are removed by keyboard leave the focus in their row, or in the last one", async () => {
    const page = await PageWindow.open();
    const press = (place: number) => {
      const button = find(page.host, `#segment-classes li:nth-child(${place}) button`, HTMLButtonElement);
      button.focus();
      button.click();
      return document.activeElement?.ariaLabel;
    };
    page.click("#segment-add");
    expect([press(2), press(3)]).toEqual(["Remove class 2 and its strokes", "Name of class 2"]);
  });

  test("are painted again when the chosen one is clicked; E erases, large or small", async () => {
    const page = await PageWindow.open();
    for (const key of ["e", "E"]) {
      page.press(key);
      expect(page.isErasing).toBe(true);
      page.click("#segment-classes li:nth-child(1) input");
      expect(page.isErasing).toBe(false);
    }
  });

  test("that were erased cannot be learned", async () => {
    const page = await PageWindow.open();
    for (const place of [1, 2]) page.paint(place, [50, 30 * place]);
    await soon();
    expect([page.can("start"), page.text("start")]).toEqual([true, "Pause"]);
    page.click("#segment-start");
    await soon();
    expect(page.can("step")).toBe(true);
    page.press("e");
    for (const y of [58, 60, 62]) {
      page.pointer("down", [45, y]);
      page.pointer("move", [75, y]);
      page.pointer("up", [75, y]);
    }
    await soon();
    expect([page.can("start"), page.can("step")]).toEqual([false, false]);
    expect(page.text("hint")).toContain("one of “Meadow”");
  });
});

test("figures of the picture before are none of the next one", async () => {
  const page = await PageWindow.open();
  for (const place of [1, 2]) page.paint(place, [50, 30 * place]);
  await soon();
  page.painting.learned(row, 0.1);
  expect([page.text("step-count"), page.text("loss")]).toEqual(["28", "0.119"]);
  const open = page.closeGate();
  const taken = page.painting.take(await file("own.png", 64, 64));
  await expect.poll(() => page.text("size")).toContain("64 × 64");
  page.painting.learned({ ...row, step: 29 }, 0.1);
  open();
  await taken;
  expect([page.text("step-count"), page.text("loss"), page.text("start")]).toEqual(["–", "–", "Start"]);
});

test("what the picture before ends with is no failure of the next one", async () => {
  const page = await PageWindow.open();
  let fail = () => {};
  const relabel = vi.spyOn(page.worker, "relabel").mockImplementationOnce(() => {
    return new Promise((_, failed) => {
      fail = () => failed(new Error("its network is gone"));
    });
  });
  page.paint(1, [50, 50]);
  const open = page.closeGate();
  const taken = page.painting.take(await file("own.png", 64, 64));
  await expect.poll(() => page.text("size")).toContain("64 × 64");
  fail();
  await soon();
  expect(relabel).toHaveBeenCalledOnce();
  open();
  await taken;
  await soon();
  expect([page.text("status"), page.notices]).toEqual(["Ready.", []]);
  expect(page.worker.labels.length).toBe(64 * 64);
});

test("what a reset drops is offered until the next network is told to learn", async () => {
  const page = await PageWindow.open();
  for (const place of [1, 2]) page.paint(place, [50, 30 * place]);
  await soon();
  // Before it has learned there is nothing to take back.
  page.click("#segment-reset");
  await soon();
  expect([page.isOffering, page.text("start")]).toEqual([false, "Pause"]);
  const reset = async () => {
    page.painting.learned(row, 0.1);
    page.click("#segment-reset");
    await expect.poll(() => page.isOffering).toBe(true);
    await expect.poll(() => page.text("status")).toBe("Ready.");
  };
  await reset();
  expect(page.text("kept")).toBe("Your painting was kept: 2 strokes on landscape, learned in 7 steps.");
  expect([page.text("step-count"), page.text("start"), page.painted]).toEqual(["–", "Start", [1, 2]]);
  expect(page.text("hint")).toContain("Start lets it learn");
  page.click("#segment-resume");
  await expect.poll(() => page.text("start")).toBe("Pause");
  expect([page.isOffering, page.worker.networks.at(-1)]).toEqual([false, "kept"]);
  for (const button of ["step", "start"]) {
    await reset();
    page.click(`#segment-${button}`);
    await expect.poll(() => page.isOffering).toBe(false);
  }
});

describe("what is kept for the next visit", () => {
  const kept = async () => {
    const painting = await readKept();
    return painting && [painting.picture.name, painting.picture.image.width, painting.strokes.length];
  };

  test("is the painting of one window, picture and strokes", async () => {
    const [a, b, idle] = [await PageWindow.open(), await PageWindow.open(), await PageWindow.open()];
    await a.painting.take(await file("a.png", 64, 64));
    a.paint(1, [20, 20]);
    await a.painting.keep();
    await b.painting.take(await file("b.png", 96, 96));
    b.paint(1, [20, 20]);
    await b.painting.keep();
    expect(await kept()).toEqual(["b", 96, 1]);
    a.paint(1, [20, 40]);
    await a.painting.keep();
    expect(await kept()).toEqual(["a", 64, 2]);
    // One that only looks takes nobody's place.
    await idle.painting.keep();
    expect(await kept()).toEqual(["a", 64, 2]);
  });

  test("is kept for thin pictures, and knows the sides of the file", async () => {
    const page = await PageWindow.open();
    // Fewer rows than a picture that is opened has to have.
    await page.painting.take(await file("thin.png", 20_000, 16));
    expect(page.text("saves")).toContain("as large as your file, 20000 × 16");
    page.paint(1, [20, 4]);
    await page.painting.keep();
    const again = await PageWindow.open();
    expect(again.text("kept")).toBe("Your painting was kept: 1 stroke on thin, learned in 7 steps.");
    again.click("#segment-resume");
    await soon();
    expect(again.text("size")).toContain("18102 × 14 pixels, made smaller from 20000 × 16");
    expect(again.labelAt([30, 4])).toBe(0);
    expect(again.isOffering).toBe(false);
  });

  test("stays on offer until two classes are painted", async () => {
    const before = await PageWindow.open();
    for (const x of [20, 60]) before.paint(1, [x, 20]);
    await before.painting.keep();
    const page = await PageWindow.open();
    page.paint(1, [20, 20]);
    await soon();
    expect(page.isOffering).toBe(true);
    await page.painting.keep();
    await page.painting.take(await file("own.png", 64, 64));
    page.paint(1, [20, 20]);
    await page.painting.keep();
    // Strokes are kept half a second after the last.
    await new Promise((done) => setTimeout(done, 600));
    expect([page.isOffering, await kept(), page.worker.keeps]).toEqual([true, ["landscape", 256, 2], 0]);
    for (const place of [1, 2]) page.paint(place, [20, 20 * place]);
    await expect.poll(() => page.isOffering).toBe(false);
    await page.painting.keep();
    expect(await kept()).toEqual(["own", 64, 3]);
  });

  test("is offered when another picture takes its place", async () => {
    const page = await PageWindow.open();
    for (const place of [1, 2]) page.paint(place, [50, 30 * place]);
    page.click("#segment-pictures button:last-of-type");
    await expect.poll(() => page.text("size")).toContain("tissue");
    expect(page.isOffering).toBe(true);
    page.click("#segment-resume");
    await expect.poll(() => page.text("size")).toContain("landscape");
    await soon();
    expect(page.painted).toEqual([1, 2]);
  });

  test("is said not to be once, and again only after it was", async () => {
    const page = await PageWindow.open();
    const full = async () => {
      throw new DOMException("storage is full", "QuotaExceededError");
    };
    const keeps = async (place: number) => {
      page.paint(place, [50, 30 * place]);
      await page.painting.keep();
      page.painting.networkKept(null);
    };
    const said = (what: string) =>
      expect.stringMatching(`^The ${what} cannot be kept for your next visit: .*storage is full$`);
    FileSystemFileHandle.prototype.createWritable = full;
    for (const place of [1, 2, 3]) await keeps(place);
    expect(page.notices).toEqual([said("painting")]);
    FileSystemFileHandle.prototype.createWritable = createWritable;
    await keeps(1);
    FileSystemFileHandle.prototype.createWritable = full;
    for (const place of [2, 3]) await keeps(place);
    expect(page.notices).toEqual([said("painting"), said("painting")]);
    for (let i = 0; i < 3; i++) page.painting.networkKept("storage is full");
    expect(page.notices).toEqual([said("painting"), said("painting"), said("network")]);
  });
});

test("the page is scrolled to a notice once", () => {
  const box = document.createElement("div");
  box.id = "notice";
  box.append(document.createElement("p"));
  document.body.append(box);
  const scroll = vi.spyOn(box, "scrollIntoView");
  for (const error of ["full", null, "full", "broken", null, "broken"]) showNotice(error);
  expect(scroll).toHaveBeenCalledTimes(2);
  expect([box.hidden, box.textContent]).toEqual([false, "broken"]);
  box.remove();
});
