import { Chart } from "../shell/chart.ts";
import { find, showCount, showPercent, showTime } from "../shell/elements.ts";
import type { Row } from "./history.ts";
import type { Progress } from "./session.ts";

/** The numbers and curves of a training. */
export class Curves {
  readonly #host: HTMLElement;
  readonly #loss: Chart;
  readonly #accuracy: Chart;

  constructor(host: HTMLElement) {
    this.#host = host;
    this.#loss = new Chart(find(host, "#digits-loss-chart", HTMLElement), {
      label: "Loss of training and test digits over the epochs",
      series: [
        { label: "loss, each step", tone: "faint" },
        { label: "training", tone: "accent" },
        { label: "test", tone: "ink", points: true },
      ],
      xLabel: "epoch",
      log: true,
      format: decimal,
      height: 350,
    });
    this.#accuracy = new Chart(find(host, "#digits-accuracy-chart", HTMLElement), {
      label: "Accuracy on training and test digits over the epochs",
      series: [
        { label: "accuracy, training", tone: "accent" },
        { label: "test", tone: "ink", points: true },
      ],
      xLabel: "epoch",
      range: [0, 1],
      format: (value) => `${Math.round(100 * value)} %`,
      height: 350,
    });
  }

  /** Adds points; with `whole`, in place of all before. */
  show(progress: Progress, rows: readonly Row[], whole: boolean): void {
    if (whole) {
      this.#loss.clear();
      this.#accuracy.clear();
    }
    for (const { x, loss, smoothLoss, smoothAccuracy, valLoss, valAccuracy } of rows) {
      this.#loss.push(x, [loss, smoothLoss, valLoss]);
      this.#accuracy.push(x, [smoothAccuracy, valAccuracy]);
    }
    const { epoch, epochs, last, imagesPerSecond, secondsLeft, isDone } = progress;
    this.#figure("epoch", `${epoch} / ${epochs}`);
    this.#figure("loss", last?.smoothLoss?.toFixed(3));
    const accuracy = last?.smoothAccuracy ?? null;
    this.#figure("accuracy", accuracy === null ? undefined : showPercent(accuracy));
    this.#figure("speed", Number.isFinite(imagesPerSecond) ? showCount(imagesPerSecond) : undefined);
    this.#figure("left", isDone || !Number.isFinite(secondsLeft) ? undefined : showTime(secondsLeft));
  }

  showTest(accuracy: number): void {
    this.#figure("test", showPercent(accuracy));
  }

  #figure(name: string, text = "–"): void {
    find(this.#host, `#digits-${name}`, HTMLElement).textContent = text;
  }
}

/** 1, 2 and 5 of every decade: the marks of a logarithmic axis. */
function decimal(value: number): string {
  const digit = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
  return [1, 2, 5].some((kept) => Math.abs(digit - kept) < 1e-6) ? `${Number(value.toPrecision(1))}` : "";
}
