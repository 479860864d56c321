import { create, globals } from "webgpu";
import { train } from "./train.js";

Object.assign(globalThis, globals);
Object.defineProperty(globalThis, "navigator", { value: { gpu: create([]) }, configurable: true });
console.log(JSON.stringify(await train()));
// Dawn's threads would keep the process alive.
process.exit();
