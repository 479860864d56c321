/** Exponential mean that is exact from the first number on: weights are 2^(-age / halfLife), divided by their sum. */
export class RunningMean {
  #sum = 0;
  #weight = 0;

  /** `steps` is how much older everything before gets. */
  add(value: number, steps: number, halfLife: number): void {
    const kept = 2 ** (-steps / halfLife);
    this.#sum = kept * this.#sum + (1 - kept) * value;
    this.#weight = kept * this.#weight + (1 - kept);
  }

  /** NaN before the first number. */
  get value(): number {
    return this.#sum / this.#weight;
  }
}
