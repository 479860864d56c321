import {
  Chart,
  type ChartDataset,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  Title,
} from "chart.js";
import type { Progress } from "../../src/nn/fit.ts";
import { type Point, Series } from "./series.ts";

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale, Legend, Title);

/** Colours of a curve, as CSS writes them. */
export interface Palette {
  readonly paper: string;
  readonly text: string;
  readonly grid: string;
  readonly faint: string;
  readonly training: string;
  readonly validation: string;
}

export const lightPalette: Palette = {
  paper: "#ffffff",
  text: "#3f4654",
  grid: "#e7e9ee",
  faint: "#c3cdf5",
  training: "#3b5bdb",
  validation: "#e8590c",
};

export interface CurveOptions {
  readonly palette: Palette;
  /** Whether the chart follows the size of its parent; a picture keeps the size of its canvas. */
  readonly responsive: boolean;
  readonly pixelRatio?: number;
}

/** A learning curve on a canvas: loss (logarithmic) above accuracy, over the epochs. */
export class Curve {
  readonly #chart: Chart<"line", Point[]>;
  #series = new Series();

  constructor(canvas: HTMLCanvasElement, options: CurveOptions) {
    this.#chart = new Chart<"line", Point[]>(canvas, {
      type: "line",
      data: { datasets: [] },
      options: {
        responsive: options.responsive,
        maintainAspectRatio: false,
        animation: false,
        events: [],
        parsing: false,
        normalized: true,
        layout: { padding: options.responsive ? 0 : { top: 14, right: 26, bottom: 14, left: 14 } },
        ...(options.pixelRatio ? { devicePixelRatio: options.pixelRatio } : {}),
      },
      plugins: [
        {
          id: "paper",
          beforeDraw: ({ ctx, width, height, config }) => {
            ctx.fillStyle = String(config.options?.backgroundColor ?? "transparent");
            ctx.fillRect(0, 0, width, height);
          },
        },
      ],
    });
    this.setPalette(options.palette);
  }

  /** Starts afresh for a training of so many epochs. */
  begin(epochs: number): void {
    this.#series = new Series();
    const x = this.#chart.options.scales?.x;
    if (x) x.max = epochs;
    this.#show();
  }

  add(progress: Progress): void {
    this.#series.add(progress);
    this.#show();
  }

  /** Whether there is nothing to see. */
  get isEmpty(): boolean {
    return this.#series.isEmpty;
  }

  /** A line above the chart. */
  setTitle(text: string): void {
    const { plugins } = this.#chart.options;
    if (plugins) plugins.title = { ...plugins.title, display: true, text };
    this.#show();
  }

  setPalette(palette: Palette): void {
    const epochs = this.#chart.options.scales?.x?.max;
    this.#chart.options = { ...this.#chart.options, ...styled(palette, typeof epochs === "number" ? epochs : 1) };
    this.#chart.data.datasets = lines(palette);
    this.#show();
  }

  #show(): void {
    const { loss, smoothLoss, smoothAccuracy, valLoss, valAccuracy } = this.#series;
    [smoothLoss, valLoss, loss, smoothAccuracy, valAccuracy].forEach((points, i) => {
      const dataset = this.#chart.data.datasets[i];
      if (dataset) dataset.data = points;
    });
    this.#chart.update("none");
  }
}

/** In the order of `Curve.#show`. */
function lines({ faint, training, validation }: Palette): ChartDataset<"line", Point[]>[] {
  const line = { data: [], pointRadius: 0, cubicInterpolationMode: "monotone" as const };
  const smooth = { ...line, borderColor: training, backgroundColor: training, borderWidth: 2.25 };
  const points = {
    ...line,
    borderColor: validation,
    backgroundColor: validation,
    borderWidth: 1.5,
    pointRadius: 4,
    clip: 6,
  };
  return [
    { ...smooth, label: "training", yAxisID: "loss", order: 2 },
    { ...points, label: "validation", yAxisID: "loss", order: 1 },
    { ...line, label: "loss of single steps", borderColor: faint, backgroundColor: faint, borderWidth: 1, order: 3 },
    { ...smooth, label: "training accuracy", yAxisID: "accuracy", order: 2 },
    { ...points, label: "validation accuracy", yAxisID: "accuracy", order: 1 },
  ].map((dataset) => ({ yAxisID: "loss", ...dataset }));
}

function styled({ paper, text, grid }: Palette, epochs: number) {
  const font = { family: "system-ui, 'DejaVu Sans', sans-serif", size: 13 };
  const title = (label: string) => ({ display: true, text: label, color: text, font: { ...font, weight: 600 } });
  const axis = { grid: { color: grid }, border: { color: grid } };
  const ticks = { color: text, font };
  return {
    backgroundColor: paper,
    scales: {
      x: {
        type: "linear" as const,
        min: 0,
        max: epochs,
        ...axis,
        title: title("epoch"),
        ticks: { ...ticks, maxTicksLimit: 11, callback: (value: number | string) => `${value}` },
      },
      loss: {
        type: "logarithmic" as const,
        position: "left" as const,
        stack: "panels",
        stackWeight: 3,
        grid: {
          color: ({ tick }: { tick?: { value: number } }) => (tick && decimal(tick.value) ? grid : "transparent"),
        },
        border: { color: grid },
        title: title("loss"),
        ticks: { ...ticks, autoSkip: false, callback: decimal },
      },
      accuracy: {
        type: "linear" as const,
        position: "left" as const,
        stack: "panels",
        stackWeight: 2,
        offset: true,
        min: 0,
        max: 1,
        ...axis,
        title: title("accuracy"),
        ticks: {
          ...ticks,
          stepSize: 0.25,
          callback: (value: number | string) => `${100 * Number(value)} %`,
        },
      },
    },
    plugins: {
      title: { align: "start" as const, color: text, font: { ...font, size: 16, weight: 600 }, padding: { bottom: 2 } },
      legend: {
        align: "end" as const,
        labels: {
          color: text,
          font,
          boxWidth: 18,
          boxHeight: 2,
          // Both panels share colours, so each is named once.
          sort: (a: { datasetIndex?: number }, b: { datasetIndex?: number }) =>
            (a.datasetIndex ?? 0) - (b.datasetIndex ?? 0),
          filter: ({ text: label }: { text: string }) => !label.endsWith("accuracy"),
        },
      },
    },
  };
}

/** 1, 2 and 5 of every decade. */
function decimal(value: number | string): string {
  const number = Number(value);
  const digit = number / 10 ** Math.floor(Math.log10(number) + 1e-9);
  return [1, 2, 5].some((kept) => Math.abs(digit - kept) < 1e-6) ? `${number}` : "";
}
