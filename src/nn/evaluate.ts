import { TrainingError } from "../core/errors.ts";
import { checkMade, checkNames, checkWhole } from "../core/options.ts";
import { sizeOf } from "../core/types.ts";
import { checkDataset, type Dataset } from "../data/imageDataset.ts";
import type { Auc, AucScore } from "./auc.ts";
import type { Model } from "./model.ts";
import { evaluateStep } from "./steps.ts";

export interface Evaluation {
  /** Mean over the data set. */
  readonly loss: number;
  /** Part of the answers that are right; NaN where the loss knows of none. */
  readonly accuracy: number;
  /** Row = label, column = answer; counts. */
  readonly confusion: readonly (readonly number[])[];
  /** Area under the ROC curve, where it was asked for. */
  readonly auc?: Auc;
}

export interface EvaluateOptions {
  /** Default 32. */
  readonly batchSize?: number;
  /** `auc()`: the area under the ROC curve too. Default: without. */
  readonly auc?: AucScore | null;
  /** Gives up between batches: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Batches that are submitted before the page may draw again. */
const batchesAhead = 16;

/** Loss, accuracy and confusion matrix over a whole data set; see `Model.evaluate`. */
export async function evaluate(model: Model, data: Dataset, options: EvaluateOptions): Promise<Evaluation> {
  checkNames("evaluate", options, ["batchSize", "auc", "signal"]);
  const { batchSize = 32, auc = null, signal } = options;
  checkWhole("evaluate", "batchSize", batchSize);
  checkMade("evaluate", "auc", auc, !!auc?.accumulate);
  checkDataset("evaluate", data);
  return model.compiled.evaluations.take(() => evaluateAlone(model, data, batchSize, auc, signal));
}

async function evaluateAlone(
  model: Model,
  data: Dataset,
  batchSize: number,
  auc: AucScore | null,
  signal: AbortSignal | undefined,
): Promise<Evaluation> {
  signal?.throwIfAborted();
  const { state, loss, store, gpu, commands: graphs } = model.compiled;
  const compile = (size: number) =>
    graphs.get(`evaluate/${size}/${auc?.name ?? ""}`, data, () =>
      evaluateStep({ network: model, state, loss }, (cursor) => data.batch(cursor, size), auc),
    );
  const usual = await compile(batchSize);
  const rest = data.count % batchSize;
  const last = data.isExact && rest > 0 ? await compile(rest) : usual;
  signal?.throwIfAborted();
  model.resetTotals("testTotals");
  store.write(state.testScores, new Uint32Array(sizeOf(state.testScores.type.shape)));
  for (let first = 0; first < data.count; first += batchSize) {
    const commands = first + batchSize > data.count ? last : usual;
    commands.write("cursor", Uint32Array.of(first, 0, 0, 0));
    commands.run();
    if ((first / batchSize + 1) % batchesAhead === 0) {
      await gpu.device.queue.onSubmittedWorkDone();
      signal?.throwIfAborted();
    }
  }
  const [sum = 0, weight = 0] = await usual.read("lossSum");
  const [right = 0, rows = 0] = await usual.read("counts");
  const counts = await usual.read("confusion");
  const classes = Math.sqrt(counts.length);
  const confusion = Array.from({ length: classes }, (_, row) => [
    ...counts.subarray(row * classes, (row + 1) * classes),
  ]);
  // A row has a place in the matrix, unless its label is no class.
  const outside = rows - confusion.flat().reduce((placed, count) => placed + count, 0);
  if (loss.labels !== "values" && outside > 0) {
    throw new TrainingError({
      where: `${model.name ?? "model"}/evaluate`,
      seen: `${outside} of ${rows} labels of ${data.name} outside the model's classes`,
      wanted: `labels from 0 to ${classes - 1}`,
      mend: "Give the last layer an output for each class, or leave a class out (ignoreClass).",
    });
  }
  return {
    loss: sum / weight,
    accuracy: loss.labels === "values" ? Number.NaN : right / rows,
    confusion,
    ...(auc ? { auc: auc.of(await usual.read("auc")) } : {}),
  };
}
