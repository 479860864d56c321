import * as Comlink from "comlink";
import "./segment.css";
import { find } from "../shell/elements.ts";
import type { Shell } from "../shell/shell.ts";
import type { Mount, Tab } from "../shell/tab.ts";
import { Cells } from "./cells.ts";
import { Painting } from "./painting.ts";
import markup from "./segment.html?raw";
import type { Audience, SegmentWorker, Subject } from "./worker.ts";

/** The tab Segment: a network learns from strokes on a person's picture, or the membranes of drawn cells. */
export const mount: Mount = (host, shell): Tab => {
  host.innerHTML = markup;
  const worker = startWorker(shell);
  const painting = new Painting(host, shell, worker);
  const cells = new Cells(host, shell, worker);
  const audience: Audience = {
    compiling: (subject, part) => (subject === "painting" ? painting : cells).compiling(part),
    learned: (subject, row, part) => (subject === "painting" ? painting : cells).learned(row, part),
    looked: (overlay) => painting.looked(overlay),
    scored: (score) => cells.scored(score),
    lost: (subject) => (subject === "painting" ? painting : cells).lost(),
    kept: (reason) => painting.networkKept(reason),
  };
  let subject: Subject = "painting";
  let isVisible = true;
  const opened = begin(worker, painting, audience).catch(shell.notice);

  for (const radio of host.querySelectorAll<HTMLInputElement>('input[name="segment-mode"]')) {
    radio.addEventListener("change", () => {
      subject = radio.value === "cells" ? "cells" : "painting";
      find(host, "#segment-painting", HTMLElement).hidden = subject !== "painting";
      find(host, "#segment-cells", HTMLElement).hidden = subject !== "cells";
      // One learns at a time.
      if (subject === "cells") painting.rest();
      void opened.then(async () => {
        await worker.pause();
        await (subject === "cells" ? cells.begin() : painting.wake());
      });
    });
  }
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) painting.keep().catch(shell.notice);
  });
  const takesPictures = () => isVisible && subject === "painting";
  addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement && event.target.type === "text";
    if (takesPictures() && !isTyping && painting.onKey(event)) event.preventDefault();
  });
  addEventListener("paste", ({ clipboardData }) => {
    const [file] = clipboardData?.files ?? [];
    if (file && takesPictures()) void painting.take(file);
  });
  return {
    show: () => {
      isVisible = true;
    },
    hide: () => {
      isVisible = false;
    },
    inspect: (options) => worker.inspect(subject, options),
    take: ([file]) => {
      if (file && takesPictures()) void painting.take(file);
    },
  };
};

function startWorker(shell: Shell): Comlink.Remote<SegmentWorker> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "segment" });
  worker.onerror = ({ message }) => shell.notice(`The worker failed: ${message || "it did not start"}`);
  return Comlink.wrap<SegmentWorker>(worker);
}

async function begin(worker: Comlink.Remote<SegmentWorker>, painting: Painting, audience: Audience): Promise<void> {
  await worker.listen(Comlink.proxy(audience));
  await painting.begin();
}
