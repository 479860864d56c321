import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";

/** Where figures come from. */
export interface Provenance {
  /** ISO 8601. */
  readonly date: string;
  /** Of the working tree, with `+` where files differ from it; null outside a checkout. */
  readonly commit: string | null;
  readonly machine: string;
}

export function provenance(): Provenance {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    // A bundle knows the one that it was made of, and may run where there is no checkout.
    commit: process.env.WGRAD_COMMIT ?? commitOf(),
    machine: `${processors.length} x ${processors[0]?.model.trim() ?? "unknown processor"}`,
  };
}

export function commitOf(): string | null {
  const git = (...args: string[]) =>
    execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no").trim() !== "";
    return git("rev-parse", "--short", "HEAD").trim() + (changed ? "+" : "");
  } catch {
    return null;
  }
}

/** Writes results with their provenance to a file, if one is asked for. */
export function writeResults(file: string | undefined, results: object): void {
  if (file === undefined) return;
  writeFileSync(file, `${JSON.stringify({ ...provenance(), ...results }, null, 1)}\n`);
  console.log(`Written: ${file}`);
}
