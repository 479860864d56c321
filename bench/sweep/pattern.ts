import { CommandError } from "../../tools/cli.ts";

/** A text that is a regular expression. @throws CommandError where it is none */
export function checkPattern(text: string): string {
  try {
    new RegExp(text);
    return text;
  } catch (error) {
    throw new CommandError(`--only: ${error instanceof Error ? error.message : String(error)}`);
  }
}
