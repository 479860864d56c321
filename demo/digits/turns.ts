/** Lets one piece of work go on at a time, in the order in which they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    // Whoever took the turn hears of its failure; the next one does not mind.
    this.#last = mine.catch(() => {});
    return mine;
  }
}
