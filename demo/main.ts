/** The demo page: its tabs, and what they share. */
import "./shell/theme.css";
import "./shell/parts.css";
import "./shell/frame.css";
import { onDrop } from "./shell/drop.ts";
import { find, make } from "./shell/elements.ts";
import { keepFocus } from "./shell/focus.ts";
import { showNotice } from "./shell/notice.ts";
import { findSupport } from "./shell/support.ts";
import { Tabs } from "./shell/tabs.ts";

// What nobody caught is shown, too, rather than left to the console.
addEventListener("error", ({ error, message }) => showNotice(error ?? message));
addEventListener("unhandledrejection", ({ reason }) => showNotice(reason));
find(document, "#notice button", HTMLButtonElement).addEventListener("click", () => showNotice(null));

keepFocus();

const tabs = new Tabs(
  find(document, "#tabs", HTMLDivElement),
  find(document, "#panels", HTMLElement),
  [
    { id: "digits", title: "Digits", load: () => import("./digits/digits.ts") },
    { id: "segment", title: "Segment", load: () => import("./segment/segment.ts") },
    { id: "inside", title: "Inside", load: () => import("./inside/inside.ts") },
    { id: "measure", title: "Measure", load: () => import("./measure/measure.ts") },
  ],
  showNotice,
);
onDrop((files) => tabs.take(files));

const support = await findSupport();
const chip = find(document, "#adapter", HTMLParagraphElement);
if ("missing" in support) {
  chip.textContent = "no WebGPU";
  // No tab can do anything: what helps stands in their place.
  find(document, "nav", HTMLElement).hidden = true;
  find(document, "#panels", HTMLElement).append(make("p", support.missing, "card"));
} else {
  chip.textContent = support.adapter;
  tabs.begin();
}
