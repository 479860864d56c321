import { expect, test } from "vitest";
import { Chart } from "../../demo/shell/chart.ts";

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));

/** What a chart of two series shows of these rows. */
async function shown(rows: readonly (readonly [x: number, values: readonly (number | null)[]])[]): Promise<string> {
  const host = document.createElement("figure");
  host.style.width = "400px";
  document.body.append(host);
  const series = [
    { label: "training", tone: "accent" },
    { label: "test", tone: "ink", points: true },
  ] as const;
  const chart = new Chart(host, { label: "loss", series, log: true });
  for (const [x, values] of rows) chart.push(x, values);
  await nextFrame();
  const picture = host.querySelector("canvas")?.toDataURL() ?? "";
  host.remove();
  return picture;
}

test("a chart grows by rows, long or short, with holes or without, and is blank while it has none", async () => {
  const host = document.createElement("figure");
  host.style.width = "400px";
  document.body.append(host);
  const chart = new Chart(host, {
    label: "loss",
    series: [
      { label: "training", tone: "accent" },
      { label: "test", tone: "ink", points: true },
    ],
  });
  const frame = host.querySelector(".chart");
  expect(frame?.getAttribute("role")).toBe("img");
  expect(frame?.getAttribute("aria-label")).toBe("loss");
  expect([...host.querySelectorAll(".legend li")].map(({ textContent }) => textContent)).toEqual(["training", "test"]);
  expect(frame?.classList.contains("blank")).toBe(true);

  for (let x = 0; x < 5000; x++) chart.push(x, [1 / (x + 1), x % 500 === 0 ? 0.5 : null]);
  await nextFrame();
  expect(frame?.classList.contains("blank")).toBe(false);
  expect(chart.isEmpty).toBe(false);

  // A canvas whose context was lost and restored has neither pixels nor font.
  const picture = () => host.querySelector("canvas")?.toDataURL();
  const before = picture();
  host.querySelector("canvas")?.getContext("2d")?.reset();
  expect(picture()).not.toBe(before);
  host.querySelector("canvas")?.dispatchEvent(new Event("contextrestored"));
  await nextFrame();
  expect(picture()).toBe(before);

  // The width is that of the host, whatever it comes to.
  expect(host.querySelector("canvas")?.clientWidth).toBe(400);
  host.style.width = "300px";
  await nextFrame();
  expect(host.querySelector("canvas")?.clientWidth).toBe(300);

  chart.clear();
  await nextFrame();
  expect(frame?.classList.contains("blank")).toBe(true);
  host.remove();
});

test("there is room for a value of a row of its own, at the x of the last one", async () => {
  const whole = await shown([
    [0, [3, 2]],
    [1, [2, 0.5]],
  ]);
  const apart = await shown([
    [0, [3, null]],
    [0, [null, 2]],
    [1, [2, null]],
    [1, [null, 0.5]],
  ]);
  expect(apart).toBe(whole);
});
