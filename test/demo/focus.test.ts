import { afterEach, beforeEach, expect, test } from "vitest";
import { keepFocus } from "../../demo/shell/focus.ts";

const soon = () => new Promise((done) => setTimeout(done, 5));
const focused = () => document.activeElement?.id;

/** A panel with a button in a box. */
const panel = document.createElement("section");
const button = () => document.getElementById("focus-button") as HTMLButtonElement;

keepFocus();
beforeEach(() => {
  Object.assign(panel, { id: "focus-panel", role: "tabpanel", tabIndex: -1 });
  panel.innerHTML = '<p id="focus-box"><button id="focus-button">Press</button></p>';
  document.body.append(panel);
  button().focus();
});
afterEach(() => panel.remove());

test("a button that is disabled for a while has the focus again", async () => {
  button().disabled = true;
  await soon();
  // As browsers do when they next draw.
  button().blur();
  button().disabled = false;
  await soon();
  expect(focused()).toBe("focus-button");
});

test.each([
  ["is hidden", () => Object.assign(button().parentElement ?? panel, { hidden: true })],
  ["is taken away", () => button().remove()],
])("from one that %s it moves to the open panel", async (_, act) => {
  act();
  await soon();
  expect(focused()).toBe("focus-panel");
});

test("who points beside everything has it nowhere", async () => {
  document.body.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
  button().blur();
  button().disabled = true;
  button().disabled = false;
  await soon();
  expect(document.activeElement).toBe(document.body);
});
