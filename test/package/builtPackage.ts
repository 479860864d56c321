import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "vite";

export const root = resolve(import.meta.dirname, "../..");

/** The package as `npm run build && npm pack` make it, in a folder of its own. */
export interface BuiltPackage {
  /** What is in the tarball, unpacked: `package.json`, `dist/`. */
  readonly folder: string;
  readonly tarball: string;
}

export async function buildPackage(): Promise<BuiltPackage> {
  const folder = mkdtempSync(join(tmpdir(), "wgrad-package-"));
  const dist = join(folder, "dist");
  await build({
    root,
    configFile: join(root, "vite.config.ts"),
    logLevel: "error",
    build: { outDir: dist, emptyOutDir: true },
  });
  run(folder, process.execPath, [
    join(root, "node_modules/typescript/bin/tsc"),
    ...["-p", join(root, "tsconfig.build.json"), "--outDir", dist],
  ]);
  for (const file of ["package.json", "README.md", "LICENSE", "CHANGELOG.md"]) {
    cpSync(join(root, file), join(folder, file));
  }
  const tarball = run(folder, "npm", ["pack", "--silent"]).trim();
  return { folder, tarball: join(folder, tarball) };
}

/** The standard output of a program that must succeed. */
export function run(cwd: string, program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed\n${stdout}${stderr}${error ?? ""}`);
  return stdout;
}

/** Every file below a folder whose name ends so. */
export function filesIn(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(folder, path));
}
