import { expect, test, vi } from "vitest";
import { Pad } from "../../demo/digits/pad.ts";

test("a line is that of one finger, whatever another one does", () => {
  const host = document.createElement("div");
  host.innerHTML = '<canvas id="digits-pad" width="280" height="280"></canvas><button id="digits-clear">Clear</button>';
  document.body.append(host);
  const pad = new Pad(host, () => {});
  const canvas = host.querySelector("canvas");
  const box = canvas?.getBoundingClientRect() ?? new DOMRect();
  // Pointers that are none cannot be captured.
  const captured = new Set<number>();
  const spies = [
    vi.spyOn(Element.prototype, "setPointerCapture").mockImplementation((finger) => void captured.add(finger)),
    vi.spyOn(Element.prototype, "hasPointerCapture").mockImplementation((finger) => captured.has(finger)),
  ];
  const point = (type: string, finger: number, x: number, y: number) => {
    const at = { clientX: box.left + x, clientY: box.top + y };
    canvas?.dispatchEvent(new PointerEvent(type, { ...at, pointerId: finger, isPrimary: finger === 1 }));
  };
  const isInked = (x: number, y: number) => (pad.drawing?.ink[y * 280 + x] ?? 0) > 0;
  point("pointerdown", 1, 50, 50);
  point("pointerdown", 2, 250, 250);
  point("pointermove", 2, 250, 200);
  point("pointermove", 1, 50, 150);
  expect([isInked(50, 100), isInked(150, 200), isInked(250, 250)]).toEqual([true, false, false]);
  for (const spy of spies) spy.mockRestore();
  host.remove();
});
