import { ShaderError } from "../core/errors.ts";
import type { PlannedCall } from "../core/plan.ts";
import type { ShaderBinding } from "../core/shader.ts";
import { type LinkedShader, link } from "./link.ts";

/** A compiled kernel. */
export interface Kernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly bindings: readonly ShaderBinding[];
}

export type Progress = (done: number, total: number) => void;

/**
 * Pipelines by their text, for the life of a device. Layouts are explicit: `layout: "auto"` makes every pipeline a
 * stranger to the browser's own cache.
 */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #kernels = new Map<string, Promise<Kernel>>();
  readonly #linked = new Map<string, LinkedShader>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** How many pipelines there are. */
  get size(): number {
    return this.#kernels.size;
  }

  /** The kernels of all calls, compiled side by side. */
  async compile(calls: readonly PlannedCall[], onProgress?: Progress): Promise<Kernel[]> {
    const linked = calls.map(({ call }) => this.#link(call));
    const total = new Set(linked.map(({ code }) => code)).size;
    const done = new Set<string>();
    return Promise.all(
      linked.map(async ({ code, bindings }, i) => {
        const label = calls[i]?.label ?? "";
        const kernel = this.#kernels.get(code) ?? this.#create(code, bindings, label);
        this.#kernels.set(code, kernel);
        const result = await kernel;
        if (!done.has(code)) onProgress?.(done.add(code).size, total);
        return result;
      }),
    );
  }

  /** Links once what many calls of a plan share: unrolling is most of the work of a second compilation. */
  #link({ shaders, constants }: PlannedCall["call"]): LinkedShader {
    const key = [...shaders.map((shader) => shader.source), JSON.stringify(constants ?? {})].join("\0");
    const linked = this.#linked.get(key) ?? link(shaders, constants);
    this.#linked.set(key, linked);
    return linked;
  }

  async #create(code: string, bindings: readonly ShaderBinding[], label: string): Promise<Kernel> {
    const layout = this.#layoutOf(bindings);
    // Its errors come back below, with the lines that they point at, instead of as an error of the device.
    this.#device.pushErrorScope("validation");
    const module = this.#device.createShaderModule({ label, code });
    const refused = this.#device.popErrorScope();
    try {
      const pipeline = await this.#device.createComputePipelineAsync({
        label,
        layout: this.#device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: "main" },
      });
      await refused;
      return { pipeline, layout, bindings };
    } catch (cause) {
      const { messages } = await module.getCompilationInfo();
      const errors = messages.filter((message) => message.type === "error");
      const lines = code.split("\n");
      // Firefox draws the place below; the line of text shows it as well.
      const reasonOf = (message: string) => message.trim().split("\n", 1)[0];
      // Minified, a function is a line.
      const around = (line = "", place = 0) => line.slice(Math.max(0, place - 60), place + 60).trim();
      const seen = errors.map(
        ({ lineNum, linePos, message }) =>
          `line ${lineNum}: ${reasonOf(message)} in \`${around(lines[lineNum - 1], linePos)}\``,
      );
      throw new ShaderError(
        { where: label, seen: seen.join("; ") || String(cause), wanted: "a shader that compiles on this device" },
        { cause },
      );
    }
  }

  #layoutOf(bindings: readonly ShaderBinding[]): GPUBindGroupLayout {
    const entries = bindings.map(({ binding, access }): GPUBindGroupLayoutEntry => {
      const type = access === "uniform" ? "uniform" : access === "read" ? "read-only-storage" : "storage";
      return { binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } };
    });
    const key = JSON.stringify(entries);
    const layout = this.#layouts.get(key) ?? this.#device.createBindGroupLayout({ entries });
    this.#layouts.set(key, layout);
    return layout;
  }
}
