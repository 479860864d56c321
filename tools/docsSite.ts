/** `npm run docs:site`: the documentation site, from the source and the guides. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";

const folder = resolve(import.meta.dirname, "../docs/site");
const usage = `npm run docs:site [-- --out FOLDER]

Makes the documentation site: every public name, from the source, and the guides. Default folder: dist-docs.
Fails where a public function, class or method has no documentation, or a link leads nowhere.`;

/** Runs a program in the folder of the site, with its output shown. Returns its exit code; 2 where it did not start. */
function run(program: string, args: readonly string[]): number {
  const { status } = spawnSync(program, args, { cwd: folder, stdio: "inherit", shell: process.platform === "win32" });
  return status ?? 2;
}

function main(args: readonly string[]): number {
  const [option, out] = args;
  if (args.length > 0 && !(option === "--out" && out && args.length === 2)) {
    console.error(usage);
    return option === "--help" ? 0 : 2;
  }
  const typedoc = resolve(folder, "node_modules/typedoc/bin/typedoc");
  if (!existsSync(typedoc)) {
    console.error("Installing what makes the site into docs/site/node_modules ...");
    const code = run("npm", ["ci"]);
    if (code !== 0) return code;
  }
  return run(process.execPath, [typedoc, ...(out ? ["--out", resolve(out)] : [])]);
}

process.exit(main(process.argv.slice(2)));
