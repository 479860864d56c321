import { createRequire } from "node:module";
import { DeviceError } from "../../src/core/errors.ts";

/** What Dawn's binding exports. */
interface Dawn {
  create(flags: readonly string[]): GPU;
  /** `GPUDevice`, `GPUBufferUsage` and the other names that a browser has. */
  readonly globals: object;
}

/**
 * Gives this process what a page has: `navigator.gpu` and the names of WebGPU. The binding is the file that `DAWN_NODE`
 * names, a path, so that a machine without packages needs nothing else.
 *
 * @throws DeviceError where there is none, or where it does not load
 */
export function installDawn(path = process.env.DAWN_NODE): void {
  const wanted = "the path of dawn.node";
  const mend = "The npm package webgpu has it in its folder dist/: `npm ci` in bench/node.";
  if (!path) throw new DeviceError({ seen: "no DAWN_NODE in the environment", wanted, mend });
  let dawn: Dawn;
  try {
    dawn = createRequire(import.meta.url)(path);
  } catch (cause) {
    throw new DeviceError({ seen: `DAWN_NODE ${path} does not load (${cause})`, wanted, mend }, { cause });
  }
  Object.assign(globalThis, dawn.globals);
  const gpu = dawn.create(["enable-dawn-features=allow_unsafe_apis"]);
  Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true });
}
