import { GraphError, ShaderError } from "../core/errors.ts";
import type { ShaderBinding, ShaderModule } from "../core/shader.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { type BufferRange, checkRange } from "../gpu/lent.ts";
import { link } from "../gpu/link.ts";
import { packParams } from "../gpu/params.ts";

/** A compiled shader of pictures, with what it binds. */
export interface Program<Pipeline> {
  readonly pipeline: Pipeline;
  readonly layout: GPUBindGroupLayout;
  readonly bindings: readonly ShaderBinding[];
}

/** Programs by their text and target, for the life of a device. */
const programs = new WeakMap<GPUDevice, Map<string, Promise<Program<unknown>>>>();

/** A kernel; its entry point is `main`. */
export function computeProgram(gpu: Gpu, shaders: readonly ShaderModule[]): Promise<Program<GPUComputePipeline>> {
  const parts = { shaders, constants: {}, visibility: GPUShaderStage.COMPUTE, format: "" };
  return programOf(gpu, parts, (label, module, layout) =>
    gpu.device.createComputePipelineAsync({ label, layout, compute: { module, entryPoint: "main" } }),
  );
}

/**
 * A triangle over the whole of a target of this format (shaders/pictures/frame.wgsl), blended over what is there: colours are
 * premultiplied.
 */
export function frameProgram(
  gpu: Gpu,
  shaders: readonly ShaderModule[],
  constants: Readonly<Record<string, number>>,
  format: GPUTextureFormat,
): Promise<Program<GPURenderPipeline>> {
  const over: GPUBlendComponent = { srcFactor: "one", dstFactor: "one-minus-src-alpha" };
  const values = { ...constants, TO_LIGHT: format.endsWith("-srgb") ? 1 : 0 };
  return programOf(
    gpu,
    { shaders, constants: values, visibility: GPUShaderStage.FRAGMENT, format },
    (label, module, layout) =>
      gpu.device.createRenderPipelineAsync({
        label,
        layout,
        vertex: { module, entryPoint: "vertex" },
        fragment: { module, entryPoint: "fragment", targets: [{ format, blend: { color: over, alpha: over } }] },
      }),
  );
}

/** A bind group with these resources, by the names that the shader gives them. */
export function bind(
  { device }: Gpu,
  { layout, bindings }: Program<unknown>,
  resources: Readonly<Record<string, GPUBindingResource | undefined>>,
): GPUBindGroup {
  const entries = bindings.flatMap(({ name, binding }): GPUBindGroupEntry[] => {
    const resource = resources[name];
    return resource ? [{ binding, resource }] : [];
  });
  return device.createBindGroup({ layout, entries });
}

/** The bytes of a tensor that a picture takes up, which may be the first of more. @throws GraphError as `checkRange` */
export function rangeOf(gpu: Gpu, where: string, { buffer, offset = 0, size }: BufferRange, bytes: number) {
  if (size !== undefined && size < bytes) {
    const mend = "The shape is that of one picture; the range holds those of the batch up to its index.";
    throw new GraphError({ where, seen: `a tensor of ${size} bytes`, wanted: `${bytes} or more`, mend });
  }
  return checkRange(gpu, where, { buffer, offset }, bytes);
}

/** A uniform buffer with exactly the members of the program's struct of this name. */
export function uniform(
  gpu: Gpu,
  { bindings }: Program<unknown>,
  name: string,
  values: Readonly<Record<string, number>>,
): GPUBuffer {
  const binding = bindings.find((each) => each.name === name) as ShaderBinding;
  const bytes = packParams(binding, values, name) as Uint8Array<ArrayBuffer>;
  const buffer = gpu.createBuffer(name, bytes.byteLength, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
  gpu.device.queue.writeBuffer(buffer, 0, bytes);
  return buffer;
}

interface Parts {
  readonly shaders: readonly ShaderModule[];
  readonly constants: Readonly<Record<string, number>>;
  readonly visibility: GPUShaderStageFlags;
  /** Of the target; empty for a kernel, which has none. */
  readonly format: string;
}

type Make<Pipeline> = (label: string, module: GPUShaderModule, layout: GPUPipelineLayout) => Promise<Pipeline>;

async function programOf<Pipeline>(
  gpu: Gpu,
  { shaders, constants, visibility, format }: Parts,
  make: Make<Pipeline>,
): Promise<Program<Pipeline>> {
  const { device } = gpu;
  const { code, bindings } = link(shaders, constants);
  const known = programs.get(device) ?? new Map<string, Promise<Program<unknown>>>();
  programs.set(device, known);
  const key = `${format}\n${code}`;
  const found = known.get(key) as Promise<Program<Pipeline>> | undefined;
  if (found) return found;
  const label = shaders.map(({ path }) => path).join(" + ");
  const made = gpu.watch(async () => {
    const entries = bindings.map((binding) => layoutEntry(binding, visibility));
    const layout = device.createBindGroupLayout({ label, entries });
    const module = device.createShaderModule({ label, code });
    const pipeline = await make(label, module, device.createPipelineLayout({ label, bindGroupLayouts: [layout] }));
    return { pipeline, layout, bindings };
  });
  known.set(key, made);
  return made.catch((cause: Error) => {
    known.delete(key);
    const wanted = format ? `shaders that compile, and a format ${format} to draw on` : "shaders that compile";
    throw new ShaderError({ where: label, seen: cause.message, wanted: `${wanted} on this device` }, { cause });
  });
}

function layoutEntry(
  { binding, access, type }: ShaderBinding,
  visibility: GPUShaderStageFlags,
): GPUBindGroupLayoutEntry {
  if (access !== "texture") {
    const kind = access === "uniform" ? "uniform" : access === "read" ? "read-only-storage" : "storage";
    return { binding, visibility, buffer: { type: kind } };
  }
  if (type === "texture_external") return { binding, visibility, externalTexture: {} };
  // Loads need no filter, so that textures of 32-bit floats are welcome too.
  return { binding, visibility, texture: { sampleType: "unfilterable-float" } };
}
