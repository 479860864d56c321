/** How a network does on images whose labels are known. */
export interface Judgement {
  readonly count: number;
  /** Mean cross-entropy. */
  readonly loss: number;
  /** Share that is read right. */
  readonly accuracy: number;
  /** Row = label, column = answer; counts. */
  readonly confusion: readonly (readonly number[])[];
  readonly mistakes: readonly Mistake[];
}

/** An image that is read wrong. */
export interface Mistake {
  readonly index: number;
  readonly label: number;
  readonly answer: number;
  /** Probability of the answer. */
  readonly certainty: number;
}

/** @param logits [n, classes]; labels [n] */
export function judge(logits: Float32Array, labels: Uint8Array, classes: number): Judgement {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const mistakes: Mistake[] = [];
  let loss = 0;
  labels.forEach((label, index) => {
    const probabilities = softmax(logits.subarray(index * classes, (index + 1) * classes));
    const certainty = Math.max(...probabilities);
    const answer = probabilities.indexOf(certainty);
    // A probability of 0 in float64 would make the mean infinite; 1e-30 is far below what float32 logits tell apart.
    loss -= Math.log(Math.max(1e-30, probabilities[label] ?? 0)) / labels.length;
    const row = confusion[label];
    if (row) row[answer] = (row[answer] ?? 0) + 1;
    if (answer !== label) mistakes.push({ index, label, answer, certainty });
  });
  return { count: labels.length, loss, accuracy: 1 - mistakes.length / labels.length, confusion, mistakes };
}

/** exp(x) / sum exp(x), in float64. */
export function softmax(logits: Float32Array): number[] {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
