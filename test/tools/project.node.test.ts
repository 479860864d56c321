import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

describe("package-lock.json", () => {
  const text = readFileSync("package-lock.json", "utf8");
  const packages: Record<string, LockedPackage> = JSON.parse(text).packages;

  test("names no registry", () => {
    expect(Object.entries(packages).filter(([, locked]) => locked.resolved !== undefined)).toEqual([]);
  });

  test("holds the optional packages of every platform, without which `npm ci` refuses to run", () => {
    const missing = Object.values(packages)
      .flatMap((locked) => Object.keys(locked.optionalDependencies ?? {}))
      .filter((name) => !packages[`node_modules/${name}`]);
    expect(missing).toEqual([]);
  });
});
