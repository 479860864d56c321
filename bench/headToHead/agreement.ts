/** A loss that is not what another engine found from the same weights and the same batch. */
export interface Disagreement {
  readonly peer: string;
  readonly reference: string;
  /** From 1. */
  readonly step: number;
  readonly seen: number;
  readonly wanted: number;
  readonly allowed: number;
}

export interface Losses {
  readonly peer: string;
  /** Before the first update, and after each one. */
  readonly losses: readonly number[];
}

/**
 * Compares each engine's losses with those of the first, over the steps that both have done. The first loss, which
 * rounding alone can change, may differ by 1e-4 of itself. Later ones may besides differ by 2 % of the way that the loss
 * has come: Adam's first steps have the size of the learning rate whatever the gradient, so rounding in gradients near 0
 * moves weights; a gradient that is wrong, or absent in one layer, changes the way itself.
 */
export function findDisagreements([reference, ...others]: readonly Losses[]): Disagreement[] {
  if (!reference) return [];
  const [first = Number.NaN] = reference.losses;
  let way = 0;
  const allowed = reference.losses.map((loss) => {
    way = Math.max(way, Math.abs(loss - first));
    return 1e-4 * Math.abs(first) + 0.02 * way;
  });
  return others.flatMap(({ peer, losses }) =>
    losses.flatMap((seen, i) => {
      const [wanted, bound] = [reference.losses[i], allowed[i]];
      // A NaN on either side is no agreement.
      if (wanted === undefined || bound === undefined || Math.abs(seen - wanted) <= bound) return [];
      return [{ peer, reference: reference.peer, step: i + 1, seen, wanted, allowed: bound }];
    }),
  );
}

export function showDisagreement({ peer, reference, step, seen, wanted, allowed }: Disagreement): string {
  const number = (value: number) => value.toPrecision(6);
  return `${peer} computes something else: its loss at step ${step} is ${number(seen)}, that of ${reference} is ${number(wanted)}; ${number(allowed)} apart would do.`;
}
