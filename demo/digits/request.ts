/** A training, as the command line and the demo's form ask for it. */
export interface TrainRequest {
  readonly model: "lenet5";
  /** `url` is where the server shows four IDX files; null for digits that are drawn. */
  readonly data: { readonly name: string; readonly url: string | null };
  readonly epochs: number;
  readonly batch: number;
  readonly optimizer: "sgd" | "adam";
  readonly learningRate: number;
  readonly seed: number;
  /** Of training examples; null for all. */
  readonly limit: number | null;
}

/** Steps that suit LeNet-5 on batches of 64. */
export const learningRates = { sgd: 0.05, adam: 0.001 } as const;

/** What is trained unless told otherwise. */
export const standardRequest: TrainRequest = {
  model: "lenet5",
  data: { name: "digits", url: null },
  epochs: 3,
  batch: 64,
  optimizer: "sgd",
  learningRate: learningRates.sgd,
  seed: 1,
  limit: null,
};
