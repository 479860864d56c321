import backgroundShader from "../../shaders/pictures/background.wgsl";
import classesShader from "../../shaders/pictures/classes.wgsl";
import greyShader from "../../shaders/pictures/grey.wgsl";
import viridisShader from "../../shaders/pictures/viridis.wgsl";
import { GraphError } from "../core/errors.ts";
import { checkNames, checkNumber, checkWhole, checkWord, isCount } from "../core/options.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { type BufferRange, type CommandEncoder, checkEncoder } from "../gpu/lent.ts";
import { bind, frameProgram, type Program, rangeOf, uniform } from "./program.ts";
import { bindPicture, type GpuPicture, needsCopy, type PictureSource, texelShaders, Upload } from "./source.ts";

/** A colour as in CSS: red, green and blue from 0 to 255, alpha from 0 to 1. */
export type Colour = readonly [red: number, green: number, blue: number, alpha: number];

export interface PicturePainterOptions {
  /** Of the tensor: [height, width, channels]. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** Of the target, such as `navigator.gpu.getPreferredCanvasFormat()`. */
  readonly format: GPUTextureFormat;
  /** One channel as `"grey"` or in the colours of `"viridis"`, or the class of each pixel: the largest channel. */
  readonly kind: "grey" | "viridis" | "classes";
  /** The channel that is shown. Default 0; of classes, all count. */
  readonly channel?: number;
  /** The numbers that are black and white, or the two ends of viridis. Default [0, 1]. */
  readonly range?: readonly [low: number, high: number];
  /** What is done to the channel before. Default `"linear"`: nothing. */
  readonly activation?: "linear" | "sigmoid" | "softmax";
  /** A colour for each class; two where there is one channel, whose class 1 is above `range[0]`. */
  readonly colours?: readonly Colour[];
  /** Of the whole, from 0 to 1. Default 1. */
  readonly opacity?: number;
  /** Begin with the tensor's last row. Default false: row 0 is the top. */
  readonly flipY?: boolean;
}

export interface PaintOptions {
  /** Of the tensor in its batch. Default 0. */
  readonly index?: number;
  /** Drawn first, stretched over the target; the tensor goes over it as its opacity and its colours' alpha say. */
  readonly picture?: GpuPicture;
  /** Paint over what the target shows already. Default false: it is cleared, to transparent. */
  readonly keep?: boolean;
}

const optionNames = ["shape", "format", "kind", "channel", "range", "activation", "colours", "opacity", "flipY"];
const activations = ["linear", "sigmoid", "softmax"] as const;
const shaders = { grey: greyShader, viridis: viridisShader, classes: classesShader };

interface Programs {
  readonly tensor: Program<GPURenderPipeline>;
  readonly texture: Program<GPURenderPipeline>;
  readonly video: Program<GPURenderPipeline>;
}

/**
 * Shows a tensor that lies on the GPU, f32 [.., height, width, channels], in a texture or on a canvas, without reading
 * it back: a render pass of one triangle, which works on default limits and with every format that can be rendered to.
 * Where the target is larger or smaller, numbers are interpolated (bilinear) before they become colours. Colours are
 * premultiplied.
 * @example
 * const format = "rgba8unorm";
 * const target = gpu.device.createTexture({ size: [256, 256], format, usage: GPUTextureUsage.RENDER_ATTACHMENT });
 * const painter = await PicturePainter.create(gpu, { shape: [64, 64, 2], format, kind: "viridis", channel: 1 });
 * const forward = await segmenter.forward();
 * painter.run(forward.y, target); // or the context of a canvas
 */
export class PicturePainter {
  readonly #gpu: Gpu;
  readonly #programs: Programs;
  readonly #options: PicturePainterOptions;
  readonly #colours: GPUBuffer;
  readonly #upload: Upload;
  /** By what is in them: place in the batch, or encoding of the picture beneath. */
  readonly #params = new Map<string, GPUBuffer>();

  private constructor(gpu: Gpu, programs: Programs, options: PicturePainterOptions) {
    this.#gpu = gpu;
    this.#programs = programs;
    this.#options = options;
    this.#upload = new Upload(gpu);
    const colours = Float32Array.from(
      (options.colours ?? []).flatMap(([r, g, b, alpha]) => [r / 255, g / 255, b / 255, alpha]),
    );
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    this.#colours = gpu.createBuffer("colours", Math.max(16, colours.byteLength), usage);
    gpu.device.queue.writeBuffer(this.#colours, 0, colours);
  }

  /** Compiles the pipelines. @throws GraphError on an option out of range */
  static async create(gpu: Gpu, options: PicturePainterOptions): Promise<PicturePainter> {
    checkOptions(options);
    const { kind, format, activation = "linear" } = options;
    const constants = { ACTIVATION: activations.indexOf(activation) };
    const texels = texelShaders(gpu);
    const [tensor, texture, video] = await Promise.all([
      frameProgram(gpu, [shaders[kind]], constants, format),
      frameProgram(gpu, [texels.texture, backgroundShader], {}, format),
      frameProgram(gpu, [texels.video, backgroundShader], {}, format),
    ]);
    return new PicturePainter(gpu, { tensor, texture, video }, options);
  }

  /**
   * Records the painting between the passes of an encoder of the app's. With a canvas, or a video as the picture
   * beneath, submit in the same task.
   *
   * @param y where the tensor lies, with all of a batch: `forward.y`, say
   * @param target a texture or view of the format, or the context of a canvas that is configured for the device
   * @throws GraphError on a target, a buffer or a picture that cannot be bound
   */
  encode(
    encoder: CommandEncoder,
    y: BufferRange,
    target: GPUTexture | GPUTextureView | GPUCanvasContext,
    options: PaintOptions = {},
  ): void {
    this.#gpu.check();
    checkEncoder(where, encoder);
    checkNames(`${where}/encode`, options, ["index", "picture", "keep"]);
    const { index = 0, picture, keep = false } = options;
    checkWhole(where, "index", index, 0);
    const { shape } = this.#options;
    const range = rangeOf(this.#gpu, where, y, 4 * shape[0] * shape[1] * shape[2] * (index + 1));
    const beneath = picture && bindPicture(this.#gpu, where, picture);
    const { tensor } = this.#programs;
    const view = viewOf(target, this.#options.format);
    const pass = encoder.beginRenderPass({
      label: where,
      colorAttachments: [{ view, loadOp: keep ? "load" : "clear", storeOp: "store", clearValue: [0, 0, 0, 0] }],
    });
    const draw = (program: Program<GPURenderPipeline>, resources: Readonly<Record<string, GPUBindingResource>>) => {
      pass.setPipeline(program.pipeline);
      pass.setBindGroup(0, bind(this.#gpu, program, resources));
      pass.draw(3);
    };
    if (beneath) {
      const program = this.#programs[beneath.isVideo ? "video" : "texture"];
      const values = { isLinear: beneath.isLinear ? 1 : 0 };
      draw(program, {
        picture: beneath.resource,
        background: { buffer: this.#paramsOf(program, "background", values) },
      });
    }
    const shown = { buffer: this.#paramsOf(tensor, "shown", paramsOf(this.#options, index)) };
    draw(tensor, { shown, y: range, colours: { buffer: this.#colours } });
    pass.end();
  }

  /**
   * Paints, and submits that at once; the picture beneath may be any, also one of the page, which is copied to the GPU on the
   * way. Parameters and errors as of `encode`.
   */
  run(
    y: BufferRange,
    target: GPUTexture | GPUTextureView | GPUCanvasContext,
    { picture, ...options }: Omit<PaintOptions, "picture"> & { readonly picture?: PictureSource } = {},
  ): void {
    this.#gpu.check();
    const copied = picture && needsCopy(this.#gpu, where, picture) ? this.#upload.copy(where, picture) : picture;
    const encoder = this.#gpu.device.createCommandEncoder({ label: where });
    this.encode(encoder, y, target, copied ? { ...options, picture: copied as GpuPicture } : options);
    this.#gpu.device.queue.submit([encoder.finish()]);
  }

  /** Frees its buffers. */
  dispose(): void {
    for (const buffer of [...this.#params.values(), this.#colours]) buffer.destroy();
    this.#upload.dispose();
  }

  #paramsOf(program: Program<GPURenderPipeline>, name: string, values: Readonly<Record<string, number>>): GPUBuffer {
    const key = `${name}/${Object.values(values).join()}`;
    const params = this.#params.get(key) ?? uniform(this.#gpu, program, name, values);
    this.#params.set(key, params);
    return params;
  }
}

const where = "PicturePainter";

function paramsOf(
  { shape, channel = 0, range = [0, 1], opacity = 1, flipY = false }: PicturePainterOptions,
  index: number,
) {
  const [height, width, channels] = shape;
  const [low, high] = range;
  return { index, height, width, channels, channel, flipY: flipY ? 1 : 0, low, high, opacity };
}

function viewOf(target: GPUTexture | GPUTextureView | GPUCanvasContext, format: GPUTextureFormat): GPUTextureView {
  if (typeof target !== "object" || target === null) {
    throw new GraphError({ where, seen: `${target} for a target`, wanted: "a texture, a view or a canvas context" });
  }
  const texture = "getCurrentTexture" in target ? target.getCurrentTexture() : target;
  if (!("createView" in texture)) return texture;
  if (texture.format !== format) {
    throw new GraphError({
      where,
      seen: `a target of format ${texture.format}`,
      wanted: `${format}, as it was made for`,
    });
  }
  if (!(texture.usage & GPUTextureUsage.RENDER_ATTACHMENT)) {
    const mend = "Create it with GPUTextureUsage.RENDER_ATTACHMENT.";
    throw new GraphError({ where, seen: "a target without usage RENDER_ATTACHMENT", wanted: "one to draw on", mend });
  }
  return texture.createView({ dimension: "2d", baseArrayLayer: 0, arrayLayerCount: 1, mipLevelCount: 1 });
}

function checkOptions(options: PicturePainterOptions): void {
  checkNames(where, options, optionNames);
  const { shape, kind, channel = 0, range = [0, 1], activation = "linear", colours = [], opacity = 1 } = options;
  checkWord(where, "kind", kind, Object.keys(shaders));
  checkWord(where, "activation", activation, activations);
  if (shape?.length !== 3 || !shape.every(isCount)) {
    throw new GraphError({ where, seen: `shape [${shape?.join(", ")}]`, wanted: "[height, width, channels]" });
  }
  const [, , channels] = shape;
  checkWhole(where, "channel", channel, 0, channels - 1);
  checkNumber(where, "opacity", opacity, (value) => value >= 0 && value <= 1, "from 0 to 1");
  if (range.length !== 2 || !range.every(Number.isFinite) || range[0] === range[1]) {
    throw new GraphError({ where, seen: `range [${range.join(", ")}]`, wanted: "two numbers that differ" });
  }
  const classes = Math.max(2, channels);
  const wanted = kind === "classes" ? classes : 0;
  const isColour = ([r, g, b, alpha]: Colour) =>
    [r, g, b].every((value) => value >= 0 && value <= 255) && alpha >= 0 && alpha <= 1;
  if (colours.length !== wanted || !colours.every(isColour)) {
    throw new GraphError({
      where,
      seen: `colours ${JSON.stringify(colours)}`,
      wanted: wanted === 0 ? `none for kind ${kind}` : `${wanted} of [0..255, 0..255, 0..255, 0..1]`,
    });
  }
}
