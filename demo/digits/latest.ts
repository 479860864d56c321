/** Does a piece of work whenever it is asked to, once at a time: what is asked for meanwhile becomes one more time. */
export class Latest {
  readonly #work: () => Promise<void>;
  #busy = false;
  #again = false;

  /** @param work sees to its own failures */
  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  ask(): void {
    this.#again = true;
    if (!this.#busy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#again) {
      this.#again = false;
      await this.#work();
    }
    this.#busy = false;
  }
}
