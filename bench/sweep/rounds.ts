/** The blocks of one case, and why it could not run, if it could not. */
export interface Rounds<Visit> {
  readonly visits: readonly Visit[];
  readonly failure: string | null;
}

/**
 * Times all cases in rounds, one block of each a round, so that a machine that slows down slows all of them. A case that
 * fails is left out of later rounds.
 */
export async function inRounds<Case, Visit>(
  cases: readonly Case[],
  rounds: number,
  visit: (one: Case) => Promise<Visit>,
): Promise<Rounds<Visit>[]> {
  const found = cases.map((one) => ({ one, visits: [] as Visit[], failure: null as string | null }));
  for (let round = 0; round < rounds; round++) {
    for (const entry of found) {
      if (entry.failure !== null) continue;
      try {
        entry.visits.push(await visit(entry.one));
      } catch (error) {
        entry.failure = error instanceof Error ? error.message : String(error);
      }
    }
  }
  return found.map(({ visits, failure }) => ({ visits, failure }));
}
