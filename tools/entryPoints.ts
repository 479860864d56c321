/** What an app imports, and the file of `src/` that it gets. */
export const entryPoints: Readonly<Record<string, string>> = {
  wgrad: "index.ts",
  "wgrad/models": "models/index.ts",
  "wgrad/data": "data/index.ts",
  "wgrad/io": "io/index.ts",
  "wgrad/ops": "ops/functions.ts",
};
