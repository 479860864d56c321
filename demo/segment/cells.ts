import type * as Comlink from "comlink";
import { imageToImageData, maskToImageData } from "../../src/data/maskImage.ts";
import { Chart } from "../shell/chart.ts";
import { find, showCount, showPixels } from "../shell/elements.ts";
import { waitingForGpu } from "../shell/lostGpu.ts";
import type { Shell } from "../shell/shell.ts";
import { StatusLine } from "../shell/statusLine.ts";
import type { Score, Section } from "./cellsSession.ts";
import type { Row } from "./learner.ts";
import { classColours } from "./views.ts";
import type { SegmentWorker } from "./worker.ts";

type State = "opening" | "paused" | "learning" | "failed";

/** The page's side of learning the drawn cells. */
export class Cells {
  readonly #host: HTMLElement;
  readonly #shell: Shell;
  readonly #worker: Comlink.Remote<SegmentWorker>;
  readonly #status: StatusLine;
  readonly #lossChart: Chart;
  readonly #scoreChart: Chart;
  #section: Section | null = null;
  #state: State = "opening";
  #row: Row | null = null;

  constructor(host: HTMLElement, shell: Shell, worker: Comlink.Remote<SegmentWorker>) {
    this.#host = host;
    this.#shell = shell;
    this.#worker = worker;
    this.#status = new StatusLine(host, "cells");
    const chart = (id: string) => find(host, `#cells-${id}-chart`, HTMLElement);
    this.#lossChart = new Chart(chart("loss"), {
      label: "Loss over the steps",
      series: [{ label: "loss", tone: "accent" }],
      xLabel: "step",
      xWhole: true,
      format: (value) => value.toPrecision(2),
    });
    this.#scoreChart = new Chart(chart("score"), {
      label: "IoU and Dice of the membranes over the steps",
      series: [
        { label: "IoU", tone: "accent" },
        { label: "Dice", tone: "ink" },
      ],
      xLabel: "step",
      xWhole: true,
      range: [0, 1],
      format: (value) => `${Number(value.toFixed(2))}`,
    });
    const on = (id: string, act: () => Promise<unknown>) => {
      this.#button(id).addEventListener("click", () => void act().catch((error) => this.#fail(error)));
    };
    on("start", () => (this.#state === "learning" ? worker.pause() : this.#learn()));
    on("step", () => worker.step("cells"));
    on("reset", () => this.#open());
  }

  /** The cells are looked at: the first time they are drawn. */
  async begin(): Promise<void> {
    if (!this.#section && this.#state !== "failed") await this.#open();
  }

  compiling(part: number): void {
    if (this.#state === "opening")
      this.#status.say(
        `Getting ready: ${Math.round(100 * part)} % of the kernels are compiled.`,
        part,
        "Getting ready.",
      );
  }

  /** The GPU went away, and learning waits for another. */
  lost(): void {
    if (this.#state === "learning") this.#status.say(waitingForGpu);
  }

  learned(row: Row): void {
    this.#row = row;
    this.#lossChart.push(row.step, [row.loss]);
    this.#showState();
  }

  scored({ step, iou, dice, mask }: Score): void {
    this.#scoreChart.push(step, [iou, dice]);
    this.#figure("iou", iou.toFixed(3));
    this.#figure("dice", dice.toFixed(3));
    if (!this.#section) return;
    const { image, width, height } = this.#section;
    this.#draw("prediction", maskToImageData(mask, width, height));
    const overlay = imageToImageData(image, width, height);
    const colour = classColours[0] ?? [0, 0, 0];
    mask.forEach((label, i) => {
      if (label === 0) return;
      colour.forEach((value, channel) => {
        overlay.data[4 * i + channel] = (value + (overlay.data[4 * i + channel] ?? 0)) / 2;
      });
    });
    this.#draw("overlay", overlay);
  }

  async #open(): Promise<void> {
    this.#setState("opening");
    this.#status.say("Drawing tissue …");
    this.#row = null;
    this.#lossChart.clear();
    this.#scoreChart.clear();
    for (const id of ["iou", "dice"]) this.#figure(id, "–");
    try {
      const section = await this.#worker.openCells();
      this.#section = section;
      const { image, truth, width, height } = section;
      this.#draw("image", imageToImageData(image, width, height));
      this.#draw("truth", maskToImageData(truth, width, height));
      for (const id of ["prediction", "overlay"]) this.#draw(id, new ImageData(width, height));
      this.#setState("paused");
    } catch (error) {
      this.#fail(error);
    }
  }

  async #learn(): Promise<void> {
    this.#shell.notice(null);
    this.#setState("learning");
    await this.#worker.train("cells");
    this.#setState("paused");
  }

  #fail(error: unknown): void {
    this.#shell.notice(error);
    this.#setState("failed");
  }

  #setState(state: State): void {
    this.#state = state;
    this.#showState();
  }

  #showState(): void {
    const state = this.#state;
    const { step, loss, stepMs } = this.#row ?? { step: 0, loss: 0, stepMs: 0 };
    this.#button("start").textContent = state === "learning" ? "Pause" : this.#row ? "Continue" : "Start";
    this.#button("start").disabled = state === "opening" || state === "failed";
    this.#button("step").disabled = state !== "paused";
    this.#button("reset").disabled = state === "opening";
    this.#figure("step-count", this.#row ? showCount(step) : "–");
    this.#figure("loss", this.#row ? loss.toFixed(3) : "–");
    this.#figure("ms", this.#row ? stepMs.toFixed(stepMs < 10 ? 1 : 0) : "–");
    if (state === "learning") this.#status.say("Learning.");
    if (state === "paused") this.#status.say(this.#row ? "Paused." : "Ready.");
    if (state === "failed") this.#status.say("No network. Reset tries again.");
  }

  #draw(id: string, picture: ImageData): void {
    const canvas = find(this.#host, `#cells-${id}`, HTMLCanvasElement);
    if (canvas.width !== picture.width) Object.assign(canvas, { width: picture.width, height: picture.height });
    showPixels(canvas, picture);
  }

  #figure(id: string, text: string): void {
    find(this.#host, `#cells-${id}`, HTMLElement).textContent = text;
  }

  #button(name: string): HTMLButtonElement {
    return find(this.#host, `#cells-${name}`, HTMLButtonElement);
  }
}
