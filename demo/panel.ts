import type { Progress } from "../src/nn/fit.ts";
import { Curve, lightPalette, type Palette } from "./curve.ts";
import { element, showPercent } from "./elements.ts";

/** What a training shows of itself: the line of its status, the tiles, the progress bar and the learning curve. */
export class Panel {
  readonly #status = element("status", HTMLParagraphElement);
  readonly #bar = element("progress", HTMLProgressElement);
  readonly #curve: Curve;

  constructor() {
    this.#curve = new Curve(element("curve", HTMLCanvasElement), { palette: pagePalette(), responsive: true });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#curve.setPalette(pagePalette()));
  }

  /** Says what goes on; `part` is how much of it is done, undefined where nobody knows. */
  say(text: string, part?: number): void {
    this.#status.textContent = text;
    if (part === undefined) this.#bar.removeAttribute("value");
    else this.#bar.value = part;
  }

  begin(epochs: number): void {
    this.#curve.begin(epochs);
    for (const name of ["Epoch", "Loss", "Accuracy", "Rate", "Left", "Test"]) this.#tile(name, "–");
  }

  show(progress: Progress): void {
    const { epoch, epochs, step, steps, loss, accuracy, examplesPerSecond, secondsLeft, epochEnd } = progress;
    this.#curve.add(progress);
    this.#tile("Epoch", `${epoch} / ${epochs}`);
    this.#tile("Loss", loss.toFixed(3));
    this.#tile("Accuracy", showPercent(accuracy));
    this.#tile("Rate", Math.round(examplesPerSecond).toLocaleString("en"));
    this.#tile("Left", showTime(secondsLeft));
    if (epochEnd?.valAccuracy) this.showTest(epochEnd.valAccuracy);
    const done = ((epoch - 1) * steps + step) / (epochs * steps);
    this.say(`Training: step ${step} of ${steps}`, done);
  }

  showTest(accuracy: number): void {
    this.#tile("Test", showPercent(accuracy));
  }

  #tile(name: string, text: string): void {
    element(`tile${name}`, HTMLElement).textContent = text;
  }
}

/** The chart's colours from the page's own. */
function pagePalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  return {
    ...lightPalette,
    paper: color("--card"),
    text: color("--muted"),
    grid: color("--chart-grid"),
    faint: color("--chart-faint"),
    training: color("--accent"),
    validation: color("--wrong"),
  };
}

/** 83 -> "1:23" */
function showTime(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${`${whole % 60}`.padStart(2, "0")}`;
}
