import { Chart } from "../shell/chart.ts";
import { find, showCount, showPercent } from "../shell/elements.ts";
import { waitingForGpu } from "../shell/lostGpu.ts";
import { StatusLine } from "../shell/statusLine.ts";
import type { PaintedClass } from "./history.ts";
import type { Row } from "./learner.ts";
import type { LessonState } from "./lesson.ts";

/** How far the learning from strokes is, in words, figures and a curve. */
export class ProgressPanel {
  readonly #host: HTMLElement;
  readonly #chart: Chart;
  readonly #status: StatusLine;
  #row: Row | null = null;
  /** How much of what these strokes teach is learned. */
  #part = 0;
  /** The device was lost, and there is no other yet. */
  #isWaiting = false;

  constructor(host: HTMLElement) {
    this.#host = host;
    this.#status = new StatusLine(host, "segment");
    this.#chart = new Chart(find(host, "#segment-chart", HTMLElement), {
      label: "Loss over the steps",
      series: [{ label: "loss", tone: "accent" }],
      xWhole: true,
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
    this.#isWaiting = false;
    this.#chart.clear();
  }

  learned(row: Row, part: number): void {
    this.#row = row;
    this.#isWaiting = false;
    this.#part = part;
    this.#chart.push(row.step, [row.loss]);
  }

  lost(): void {
    this.#isWaiting = true;
  }

  show(state: LessonState): void {
    const row = this.#row;
    this.#write("step-count", row ? showCount(row.step) : "–");
    this.#write("loss", row ? row.loss.toFixed(3) : "–");
    this.#write("matched", row ? showPercent(row.accuracy) : "–");
    const { step, stepMs } = row ?? { step: 0, stepMs: 0 };
    const pace = `${stepMs.toFixed(stepMs < 10 ? 1 : 0)} ms each`;
    if (state === "waiting") this.say("Ready.", 0);
    if (state === "learning" && this.#isWaiting) this.say(waitingForGpu, this.#part);
    else if (state === "learning") this.say(`Learning: step ${showCount(step)}, ${pace}`, this.#part, "Learning.");
    if (state === "paused") this.say(`Paused at step ${showCount(step)}`, this.#part);
    if (state === "settled") this.say("Settled. Paint where it is wrong, and it goes on.", 1);
    if (state === "gone") this.say("No GPU. You can go on painting; it is learned when there is one.", this.#part);
    if (state === "failed") this.say("No network. Reset tries again.", 0);
  }

  /** Says what to paint: first, until there are two classes to tell apart, and then; or that it waits to be started. */
  showHint(classes: readonly PaintedClass[], answers: ReadonlySet<number>, waits: boolean): void {
    const next = classes.find(({ label }) => !answers.has(label));
    const hints = [
      `Paint a stroke of “${next?.name}” where you see it …`,
      `… and one of “${next?.name}”: then it learns, and paints the rest.`,
    ];
    const later = waits ? "Start lets it learn from these strokes anew." : "Where it is wrong, paint what is there.";
    this.#write("hint", hints[answers.size] ?? later);
  }

  /** Says what goes on, of which so much is done. */
  say(text: string, part: number, spoken?: string): void {
    this.#status.say(text, part, spoken);
  }

  #write(id: string, text: string): void {
    const place = find(this.#host, `#segment-${id}`, HTMLElement);
    // What is written once more would be read out once more.
    if (place.textContent !== text) place.textContent = text;
  }
}
