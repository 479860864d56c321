import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Progress } from "../../src/nn/fit.ts";
import { type Point, Series } from "./series.ts";

const colours = {
  paper: "#ffffff",
  text: "#3f4654",
  grid: "#e7e9ee",
  faint: "#c3cdf5",
  training: "#3b5bdb",
  validation: "#e8590c",
};

/** In CSS pixels; the page has two pixels for each. */
const picture = { width: 900, height: 600, margin: 14 };
const heights = { head: 56, accuracy: 190, loss: 340 };
const font = (size: number, weight = 400) => `${weight} ${size}px system-ui, "DejaVu Sans", sans-serif`;

/** A learning curve as a picture: accuracy above loss (logarithmic), over the epochs. */
export class Curve {
  readonly #series = new Series();
  readonly #epochs: number;

  /** Of a training of so many epochs. */
  constructor(epochs: number) {
    this.#epochs = epochs;
  }

  add(progress: Progress): void {
    this.#series.add(progress);
  }

  /** Whether there is nothing to see. */
  get isEmpty(): boolean {
    return this.#series.isEmpty;
  }

  /** Draws it as a PNG, with a line above. */
  async toPng(title: string): Promise<Blob> {
    const { loss, smoothLoss, smoothAccuracy, valLoss, valAccuracy } = this.#series;
    const { width, height, margin } = picture;
    const canvas = new OffscreenCanvas(width * devicePixelRatio, height * devicePixelRatio);
    const context = canvas.getContext("2d");
    if (!context) throw new Error("this browser draws on no canvas");
    context.fillStyle = colours.paper;
    context.fillRect(0, 0, canvas.width, canvas.height);
    const panels = [
      this.#panel([[], smoothAccuracy, valAccuracy], heights.accuracy, accuracyAxis, false),
      this.#panel([loss, smoothLoss, valLoss], heights.loss, lossAxis, true),
    ];
    // A plot is drawn when the script that made it is done.
    await new Promise((drawn) => setTimeout(drawn));
    let top = heights.head;
    for (const panel of panels) {
      context.drawImage(panel.ctx.canvas, margin * devicePixelRatio, top * devicePixelRatio);
      top += panel.height;
      panel.destroy();
    }
    context.scale(devicePixelRatio, devicePixelRatio);
    drawHead(context, title);
    return canvas.convertToBlob({ type: "image/png" });
  }

  /** Loss or accuracy of single steps, of training and of validation. */
  #panel(
    lines: readonly (readonly Point[])[],
    height: number,
    vertical: { readonly axis: uPlot.Axis; readonly scale: uPlot.Scale },
    isLowest: boolean,
  ): uPlot {
    const axis = {
      stroke: colours.text,
      font: font(13),
      labelFont: font(13, 600),
      labelSize: 20,
      grid: { stroke: colours.grid, width: 1 },
      ticks: { show: false },
    };
    const below = isLowest
      ? { label: "epoch", size: 26 }
      : // The epochs of both are written once, below the lower.
        { values: (_: uPlot, marks: number[]) => marks.map(() => ""), size: 6 };
    const options: uPlot.Options = {
      width: picture.width - 2 * picture.margin,
      height,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 12, 0, 0],
      scales: { x: { time: false, range: [0, this.#epochs] }, y: vertical.scale },
      axes: [
        { ...axis, ...below },
        { ...axis, size: 62, ...vertical.axis },
      ],
      series: [{}, ...lineStyles],
    };
    const tables = lines.map((points): uPlot.AlignedData => [points.map(({ x }) => x), points.map(({ y }) => y)]);
    return new uPlot(options, uPlot.join(tables), document.body);
  }
}

const solid: uPlot.Series = { spanGaps: true, points: { show: false } };
const spline = uPlot.paths.spline?.();

/** Of the lines of a panel. */
const lineStyles: uPlot.Series[] = [
  { ...solid, stroke: colours.faint, width: 1 },
  { ...solid, stroke: colours.training, width: 2.25 },
  {
    ...solid,
    stroke: colours.validation,
    width: 1.5,
    points: { show: true, size: 9, fill: colours.validation },
    ...(spline ? { paths: spline } : {}),
  },
];

const accuracyAxis = {
  scale: { range: [0, 1.04] as [number, number] },
  axis: {
    label: "accuracy",
    splits: () => [0, 0.25, 0.5, 0.75, 1],
    values: (_: uPlot, marks: number[]) => marks.map((part) => `${100 * part} %`),
  },
};

const lossAxis = {
  scale: { distr: 3 as const, range: around },
  axis: {
    label: "loss",
    splits: (_plot: uPlot, _axis: number, low: number, high: number) => decimals(low, high),
    values: (_: uPlot, marks: number[]) => marks.map(String),
  },
};

/** Ends of a logarithmic axis, a little beyond the values. */
function around(_: uPlot, low: number | null, high: number | null): [number, number] {
  return [(low ?? 0.1) / 1.1, (high ?? 1) * 1.1];
}

/** 1, 2 and 5 of every decade between two numbers above 0. */
function decimals(low: number, high: number): number[] {
  const [first, last] = [low, high].map((end) => Math.floor(Math.log10(end)));
  const marks: number[] = [];
  for (let power = first ?? 0; power <= (last ?? 0); power++) {
    marks.push(...[1, 2, 5].map((digit) => Number(`${digit}e${power}`)));
  }
  return marks.filter((mark) => mark >= low && mark <= high);
}

/** The title at the left, and below it, at the right, which line is which. */
function drawHead(context: OffscreenCanvasRenderingContext2D, title: string): void {
  context.textBaseline = "middle";
  context.fillStyle = colours.text;
  context.font = font(16, 600);
  context.fillText(title, picture.margin, 22);
  context.font = font(13);
  let right = picture.width - picture.margin - 12;
  const legend = [
    ["loss of single steps", colours.faint],
    ["validation", colours.validation],
    ["training", colours.training],
  ] as const;
  for (const [text, colour] of legend) {
    right -= context.measureText(text).width;
    context.fillStyle = colours.text;
    context.fillText(text, right, 48);
    context.fillStyle = colour;
    context.fillRect(right - 24, 46.5, 18, 3);
    right -= 40;
  }
}
