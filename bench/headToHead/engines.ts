import { readFileSync } from "node:fs";
import own from "../../package.json" with { type: "json" };

interface EngineFacts {
  /** Its page's program. */
  readonly entry: string;
  /** The package whose version is shown; null: this repository. */
  readonly package: string | null;
}

/** Who trains side by side, in the order of the table. */
export const engines = {
  wgrad: { entry: "engines/wgrad.ts", package: null },
  "jax-js": { entry: "peers/jax-js.ts", package: "@jax-js/jax" },
  "tfjs-webgpu": { entry: "peers/tfjs-webgpu.ts", package: "@tensorflow/tfjs-backend-webgpu" },
  "tfjs-webgl": { entry: "peers/tfjs-webgl.ts", package: "@tensorflow/tfjs-backend-webgl" },
  "tfjs-wasm": { entry: "peers/tfjs-wasm.ts", package: "@tensorflow/tfjs-backend-wasm" },
} as const satisfies Readonly<Record<string, EngineFacts>>;

export type EngineName = keyof typeof engines;
export const engineNames = Object.keys(engines) as EngineName[];

/** wgrad's version, or that of the peer that is installed. */
export function versionOf(engine: EngineName): string {
  const name = engines[engine].package;
  if (name === null) return own.version;
  const text = readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8");
  const { version }: { version: string } = JSON.parse(text);
  return version;
}
