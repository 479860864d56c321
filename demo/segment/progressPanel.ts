import { Chart } from "../shell/chart.ts";
import { find, showCount, showPercent } from "../shell/elements.ts";
import type { Row } from "./learner.ts";

/** `opening`: no network yet. `waiting`: for strokes of two classes. `settled`: there is no more to learn from these. */
export type LearningState = "opening" | "waiting" | "learning" | "paused" | "settled" | "failed";

/** How far the learning from strokes is, in words, figures and a curve. */
export class ProgressPanel {
  readonly #host: HTMLElement;
  readonly #chart: Chart;
  #row: Row | null = null;
  /** How much of what these strokes teach is learned. */
  #part = 0;

  constructor(host: HTMLElement) {
    this.#host = host;
    this.#chart = new Chart(find(host, "#segment-chart", HTMLElement), {
      label: "Loss over the steps",
      series: [{ label: "loss", tone: "accent" }],
      height: 120,
      format: (value) => value.toPrecision(2),
    });
  }

  /** Whether anything was learned. */
  get hasLearned(): boolean {
    return this.#row !== null;
  }

  clear(): void {
    this.#row = null;
    this.#chart.clear();
  }

  learned(row: Row, part: number): void {
    this.#row = row;
    this.#part = part;
    this.#chart.push(row.step, [row.loss]);
  }

  show(state: LearningState): void {
    const row = this.#row;
    this.#write("step-count", row ? showCount(row.step) : "–");
    this.#write("loss", row ? row.loss.toFixed(3) : "–");
    this.#write("matched", row ? showPercent(row.accuracy) : "–");
    const { step, stepMs } = row ?? { step: 0, stepMs: 0 };
    if (state === "waiting") this.say("Ready.", 0);
    if (state === "learning")
      this.say(`Learning: step ${step}, ${stepMs.toFixed(stepMs < 10 ? 1 : 0)} ms each`, this.#part);
    if (state === "paused") this.say(`Paused at step ${step}`, this.#part);
    if (state === "settled") this.say("Settled. Paint where it is wrong, and it goes on.", 1);
    if (state === "failed") this.say("No network. Reset tries again.", 0);
  }

  say(text: string, part: number): void {
    this.#write("status", text);
    find(this.#host, "#segment-bar", HTMLProgressElement).value = part;
  }

  #write(id: string, text: string): void {
    find(this.#host, `#segment-${id}`, HTMLElement).textContent = text;
  }
}
