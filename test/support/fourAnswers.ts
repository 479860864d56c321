import { expect } from "vitest";
import { WgradError } from "../../src/core/errors.ts";

/** Where, what was seen, what was wanted, how to mend it: what each message of wgrad says, in this order. */
const answers = /^(?<where>[^:]+): (?<seen>.+?); wanted (?<wanted>.+?)\. (?<mend>[A-Z].+)$/;

/** The error of a mistake, thrown at once or by a promise. It must be of this kind, and its message say all four. */
export async function expectAnswers(
  mistake: () => unknown,
  kind: new (parts: string) => WgradError,
  where: string,
  message: RegExp,
): Promise<void> {
  const error: unknown = await Promise.resolve()
    .then(mistake)
    .then(
      () => null,
      (cause: unknown) => cause,
    );
  expect(error).toBeInstanceOf(kind);
  if (!(error instanceof WgradError)) return;
  expect(error.message).toMatch(message);
  expect(error.message).toMatch(answers);
  expect(error.where).toBe(where);
}
