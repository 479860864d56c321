import cliProgress from "cli-progress";
import type { EpochResult, Progress } from "../src/nn/fit.ts";

/** Without a terminal, a line about this often. */
const LINE_EVERY_MS = 5_000;

/** Shows a training as it goes. */
export interface ProgressView {
  tuning(done: number, total: number): void;
  compiling(done: number, total: number): void;
  training(progress: Progress): void;
  /** Whole images after the training. */
  predicting(done: number, total: number): void;
  /** Takes an unfinished bar off the screen. */
  stop(): void;
}

/** A bar in a terminal; elsewhere, in a log, plain lines. */
export function progressView(terminal = process.stdout.isTTY): ProgressView {
  return terminal ? barView(process.stdout.columns || 80) : lineView();
}

function barView(columns: number): ProgressView {
  const options = {
    barsize: Math.max(6, Math.min(40, columns - 78)),
    barCompleteChar: "━",
    barIncompleteChar: "─",
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
    stream: process.stdout,
    fps: 8,
  };
  const formats = {
    predict: "predicting {bar}  {value}/{total} images",
    tune: "tuning     {bar}  {value}/{total} choices of kernels",
    compile: "compiling  {bar}  {value}/{total} kernels",
    train: "epoch {epoch}  {bar}  step {value}/{total}  loss {loss}  accuracy {accuracy}  {rate}  {left} left",
  };
  let current: { readonly key: string; readonly bar: cliProgress.SingleBar } | null = null;
  const stop = () => {
    current?.bar.stop();
    current = null;
  };
  const show = (key: string, format: string, done: number, total: number, payload: object) => {
    if (current?.key !== key) {
      stop();
      current = { key, bar: new cliProgress.SingleBar({ ...options, format }) };
      current.bar.start(total, done, payload);
    } else current.bar.update(done, payload);
  };
  return {
    tuning(done, total) {
      show("tune", formats.tune, done, total, {});
      if (done === total) stop();
    },
    compiling(done, total) {
      show("compile", formats.compile, done, total, {});
      if (done === total) stop();
    },
    training(progress) {
      const { epoch, step, steps, epochEnd } = progress;
      show(`epoch ${epoch}`, formats.train, step, steps, texts(progress));
      if (!epochEnd) return;
      stop();
      console.log(epochLine(epochEnd, progress.epochs));
    },
    predicting(done, total) {
      show("predict", formats.predict, done, total, {});
      if (done === total) stop();
    },
    stop,
  };
}

function lineView(): ProgressView {
  let shownAt = performance.now();
  let compiling = false;
  return {
    tuning(done, total) {
      if (done === 0) console.log(`Timing the variants of ${total} kernels ...`);
    },
    compiling(_, total) {
      if (!compiling) console.log(`Compiling ${total} kernels ...`);
      compiling = true;
    },
    training(progress) {
      const { step, steps, epochEnd } = progress;
      if (epochEnd) console.log(epochLine(epochEnd, progress.epochs));
      if (epochEnd || performance.now() - shownAt < LINE_EVERY_MS) return;
      shownAt = performance.now();
      const { epoch, loss, accuracy, rate, left } = texts(progress);
      console.log(`  epoch ${epoch}  step ${step}/${steps}  loss ${loss}  accuracy ${accuracy}  ${rate}  ${left} left`);
    },
    predicting(done, total) {
      if (done === 0) console.log(`Predicting ${total} ${total === 1 ? "image" : "images"} ...`);
    },
    stop() {
      // Lines stay.
    },
  };
}

function texts({ epoch, epochs, loss, accuracy, examplesPerSecond, secondsLeft }: Progress) {
  return {
    epoch: `${epoch}/${epochs}`,
    loss: loss.toFixed(4),
    accuracy: showPercent(accuracy),
    rate: `${Math.round(examplesPerSecond).toLocaleString("en")} images/s`,
    left: showTime(secondsLeft),
  };
}

export function epochLine(result: EpochResult, epochs: number): string {
  const { epoch, loss, accuracy, valLoss, valAccuracy, seconds } = result;
  const validation =
    valLoss === null || valAccuracy === null
      ? ""
      : `  validation loss ${valLoss.toFixed(4)}  accuracy ${showPercent(valAccuracy)}`;
  const number = `${epoch}`.padStart(`${epochs}`.length);
  return `Epoch ${number}/${epochs}  loss ${loss.toFixed(4)}  accuracy ${showPercent(accuracy)}${validation}  ${seconds.toFixed(1)} s`;
}

export function showPercent(part: number): string {
  return `${(100 * part).toFixed(2)} %`;
}

/** 83 -> "1:23", 3723 -> "1:02:03". */
export function showTime(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => `${value}`.padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes}:${two(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
