/**
 * How many steps fit a budget of time on the GPU, judged by how long earlier ones took from their submit until they were
 * done. Times are in milliseconds of one clock.
 */
export class Pace {
  /** Of one step; before the first is done nothing is known, and steps go one at a time. */
  #stepMs = Number.POSITIVE_INFINITY;
  #underWay = 0;
  #doneAt = Number.NEGATIVE_INFINITY;

  /** Steps that may be submitted now: what fits, less what is under way, but one when nothing is. */
  room(budgetMs: number): number {
    const fitting = Math.max(1, Math.floor(budgetMs / this.#stepMs));
    return Math.max(0, fitting - this.#underWay);
  }

  /** So many steps were submitted at `from`; call what comes back when they are done. */
  submitted(steps: number, from: number): (now: number) => void {
    this.#underWay += steps;
    return (now) => {
      this.#underWay -= steps;
      // Work that was submitted earlier was done first.
      const stepMs = (now - Math.max(from, this.#doneAt)) / steps;
      this.#stepMs = Number.isFinite(this.#stepMs) ? (this.#stepMs + stepMs) / 2 : stepMs;
      this.#doneAt = now;
    };
  }
}
