/**
 * Counts `queue.submit` while a model trains. Each submit is booked on the step under way, which `stepsDone` tells, so
 * that those of evaluations, which come between epochs, can be left out. Snapshots have a submit of their own, at one
 * step of many: what counts is the median step.
 */
export function countSubmits(stepsDone: () => number): { end(stepsPerEpoch: number): number } {
  const first = stepsDone();
  const prototype = GPUQueue.prototype;
  const { submit } = prototype;
  const byStep = new Map<number, number>();
  prototype.submit = function (this: GPUQueue, commands: Iterable<GPUCommandBuffer>): undefined {
    const step = stepsDone();
    byStep.set(step, (byStep.get(step) ?? 0) + 1);
    return submit.call(this, commands);
  };
  return {
    /** Stops counting. Submits of the median step, of as many as an epoch has. */
    end(stepsPerEpoch: number): number {
      prototype.submit = submit;
      const counts = [...byStep].filter(([step]) => step < first + stepsPerEpoch).map(([, count]) => count);
      return counts.toSorted((a, b) => a - b)[counts.length >> 1] ?? 0;
    },
  };
}
