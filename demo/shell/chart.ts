import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { make } from "./elements.ts";

/** The accent, the text's own colour, a pale accent for what lies behind, or the colour of errors. */
export type Tone = "accent" | "ink" | "faint" | "wrong";

export interface ChartSeries {
  readonly label: string;
  readonly tone: Tone;
  /** Rare values: drawn with a dot each. Default false. */
  readonly points?: boolean;
  /** Fills the area below. Default false. */
  readonly area?: boolean;
  /** Holds its value to the next one. Default false: straight to it. */
  readonly steps?: boolean;
}

export interface ChartOptions {
  /** What the chart shows, for those who cannot see it: `"loss over the epochs"`. */
  readonly label: string;
  readonly series: readonly ChartSeries[];
  /** Title of the horizontal axis. */
  readonly xLabel?: string;
  /** Writes a value of the vertical axis. Default: as it is. */
  readonly format?: (value: number) => string;
  /** Logarithmic vertical axis. Default false. */
  readonly log?: boolean;
  /** Whether x is counted in whole numbers. Default false. */
  readonly xWhole?: boolean;
  /** Ends of the vertical axis; null, the default: that of the values. */
  readonly range?: readonly [number | null, number | null];
  /** Of the plot in CSS pixels. Default 200. */
  readonly height?: number;
}

/** More rows than this are thinned out: every other one goes, but for those with rare values. */
const mostRows = 2000;

/** Distances between the marks of an axis that counts. */
const wholeSteps = [1, 2, 5].flatMap((step) => [1, 10, 100, 1000].map((power) => step * power)).sort((a, b) => a - b);

/**
 * A line chart that grows: `push` a row at a time, drawn once a frame at most. Follows the width of its host and the
 * page's light or dark theme. Lines, and the legend above them, in the order of `series`.
 */
export class Chart {
  readonly #options: ChartOptions;
  readonly #frame = make("div", "", "chart blank");
  #plot: uPlot;
  /** Columns: x, then each series; null where a row has no value. */
  #columns: [number[], ...(number | null)[][]];
  #due = 0;

  constructor(host: HTMLElement, options: ChartOptions) {
    this.#options = options;
    this.#columns = emptyColumns(options);
    this.#frame.role = "img";
    this.#frame.ariaLabel = options.label;
    host.append(legend(options.series), this.#frame);
    this.#plot = this.#draw();
    new ResizeObserver(() => this.#resize()).observe(this.#frame);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#redraw());
  }

  get isEmpty(): boolean {
    return this.#columns[0].length === 0;
  }

  /** Adds a row: x does not fall; a value a series, null where it has none there. Rows of one x become one. */
  push(x: number, values: readonly (number | null)[]): void {
    const [xs, ...lines] = this.#columns;
    // Of two rows at the axis' end the plot would make room for the first alone.
    const at = xs.at(-1) === x ? xs.length - 1 : xs.length;
    xs[at] = x;
    lines.forEach((line, i) => {
      line[at] = values[i] ?? line[at] ?? null;
    });
    if (xs.length > mostRows) this.#thin();
    this.#schedule();
  }

  /** Replaces all rows. */
  set(rows: readonly { readonly x: number; readonly values: readonly (number | null)[] }[]): void {
    this.#columns = emptyColumns(this.#options);
    for (const { x, values } of rows) this.push(x, values);
    this.#schedule();
  }

  clear(): void {
    this.set([]);
  }

  /** Rare values are kept, and every other row of the rest. */
  #thin(): void {
    const rare = this.#options.series.map(({ points = false }) => points);
    const [xs, ...lines] = this.#columns;
    const kept = (row: number) => row % 2 === 0 || lines.some((line, i) => rare[i] && line[row] !== null);
    this.#columns = [xs.filter((_, row) => kept(row)), ...lines.map((line) => line.filter((_, row) => kept(row)))];
  }

  #schedule(): void {
    this.#due ||= requestAnimationFrame(() => {
      this.#due = 0;
      this.#plot.setData(this.#columns);
      this.#frame.classList.toggle("blank", this.isEmpty);
    });
  }

  #resize(): void {
    const width = this.#frame.clientWidth;
    if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: this.#plot.height });
  }

  #redraw(): void {
    this.#plot.destroy();
    this.#plot = this.#draw();
  }

  /** Of the horizontal axis: a point alone stands at the start of one of length 1. */
  get #ends(): [number, number] {
    const [xs] = this.#columns;
    const [first = 0, last = 0] = [xs[0], xs.at(-1)];
    return [first, last > first ? last : first + 1];
  }

  #draw(): uPlot {
    const { series, height = 200, log = false, range = [null, null], format = String, xLabel, xWhole } = this.#options;
    const style = getComputedStyle(this.#frame);
    const color = (name: string) => style.getPropertyValue(`--${name}`).trim();
    const axis = {
      stroke: color("muted"),
      font: `12px ${style.fontFamily}`,
      grid: { stroke: color("line"), width: 1 },
      ticks: { show: false },
    };
    const options: uPlot.Options = {
      width: this.#frame.clientWidth || 320,
      height,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 12, xLabel ? 0 : 4, 0],
      scales: {
        x: { time: false, range: () => this.#ends },
        y: log ? { distr: 3 } : { range: rangeOf(range) },
      },
      axes: [
        {
          ...axis,
          ...(xWhole ? { incrs: wholeSteps } : {}),
          size: xLabel ? 28 : 24,
          ...(xLabel ? { label: xLabel, labelSize: 18, labelFont: axis.font } : {}),
        },
        { ...axis, size: widthOf, values: (_, splits) => splits.map((value) => (value === null ? "" : format(value))) },
      ],
      series: [{}, ...series.map((line) => lineOf(line, color))],
    };
    const plot = new uPlot(options, this.#columns, this.#frame);
    // With the GPU's process it loses what is on it, and its font, which the plot believes to be set.
    plot.ctx.canvas.addEventListener("contextrestored", () => this.#redraw());
    return plot;
  }
}

/** Room for the longest mark of the vertical axis, in CSS pixels. */
function widthOf(_: uPlot, marks: readonly string[] | null): number {
  return 16 + 7 * Math.max(4, ...(marks ?? []).map(({ length }) => length));
}

/** Ends that are given, others around the values; from 0 to 1 where there are none yet. */
function rangeOf([low, high]: readonly [number | null, number | null]): uPlot.Range.Function {
  return (_, min: number | null, max: number | null) => {
    const [around, above] = uPlot.rangeNum(min ?? 0, max ?? 1, 0.1, true);
    return [low ?? around, high ?? above];
  };
}

function lineOf(
  { label, tone, points = false, area = false, steps = false }: ChartSeries,
  color: (name: string) => string,
) {
  const stroke = color(tone);
  return {
    label,
    stroke,
    width: tone === "faint" ? 1 : 2,
    spanGaps: true,
    points: points ? { show: true, size: 7, fill: stroke } : { show: false },
    ...(area ? { fill: color("accent-wash") } : {}),
    ...(steps && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
  } satisfies uPlot.Series;
}

function legend(series: readonly ChartSeries[]): HTMLUListElement {
  const list = make("ul", "", "legend");
  list.append(...series.map(({ label, tone }) => make("li", label, `tone-${tone}`)));
  return list;
}

function emptyColumns({ series }: ChartOptions): [number[], ...(number | null)[][]] {
  return [[], ...series.map((): (number | null)[] => [])];
}
