/** A number of a training, as it was after a step. */
export interface Scalar {
  /** Curves with the same beginning, up to a slash, belong together: `"loss/epoch"`, `"loss/validation"`. */
  readonly name: string;
  readonly value: number;
  /** Updates made. */
  readonly step: number;
  /** Seconds since 1970. */
  readonly time: number;
}

/** Takes the numbers of a training as they come in; write one for whatever shows or keeps them. */
export interface Logger {
  /** Takes one number. */
  scalar(scalar: Scalar): void;
}
