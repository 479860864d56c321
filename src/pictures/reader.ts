import readShader from "../../shaders/pictures/read.wgsl";
import { GraphError, LimitError } from "../core/errors.ts";
import { checkNames, checkNumber, checkWhole, checkWord, isCount } from "../core/options.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { type BufferRange, type CommandEncoder, checkEncoder } from "../gpu/lent.ts";
import { bind, computeProgram, type Program, rangeOf, uniform } from "./program.ts";
import {
  type BoundPicture,
  bindPicture,
  type GpuPicture,
  needsCopy,
  type PictureSource,
  texelShaders,
  Upload,
} from "./source.ts";

/** A rectangle of whole pixels of a picture, counted from its top left. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface PictureReaderOptions {
  /** Of the tensor: [height, width, channels] with 1 channel, grey (colours weighed as Rec. 601 does), or 3, red green blue. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** x = pixel * scale + offset, pixel from 0 to 255 as in files; one number, or one for each channel. Default 1 / 127.5. */
  readonly scale?: number | readonly number[];
  /** Default -1: with the default scale, x is from -1 to 1, as data sets give it. */
  readonly offset?: number | readonly number[];
  /**
   * What part of the picture is read: a rectangle, or `"cover"`, the largest one in the middle that has the tensor's
   * ratio of sides. Default: the whole picture, stretched where its ratio is another.
   */
  readonly crop?: Rectangle | "cover";
  /** Begin with the picture's last row. Default false: row 0 is the top. */
  readonly flipY?: boolean;
}

const optionNames = ["shape", "scale", "offset", "crop", "flipY"];

/**
 * Turns pictures into a network's input on the GPU, by one kernel: cropped, resized (bilinear, pixel centres at .5, no
 * antialias, as `interpolate(mode="bilinear", align_corners=False)` in PyTorch), scaled, and laid out as f32
 * [.., height, width, channels]. Pixels count as files and canvases hold them, in sRGB's encoding; those of a texture
 * of a format `-srgb` are encoded again. Alpha is left out.
 * @example
 * const reader = await PictureReader.create(gpu, { shape: [28, 28, 1], crop: "cover" });
 * const forward = await model.forward();
 * reader.run(photo, forward.x); // a canvas, a video, an ImageBitmap, a GPUTexture, ..
 * forward.run();
 * const logits = await forward.read();
 */
export class PictureReader {
  readonly #gpu: Gpu;
  readonly #programs: Readonly<Record<"texture" | "video", Program<GPUComputePipeline>>>;
  readonly #options: PictureReaderOptions;
  readonly #upload: Upload;
  /** By place in the batch and encoding: there are few, and none changes. */
  readonly #params = new Map<string, GPUBuffer>();

  private constructor(
    gpu: Gpu,
    programs: Readonly<Record<"texture" | "video", Program<GPUComputePipeline>>>,
    options: PictureReaderOptions,
  ) {
    this.#gpu = gpu;
    this.#programs = programs;
    this.#options = options;
    this.#upload = new Upload(gpu);
  }

  /** Compiles the kernel. @throws GraphError on an option out of range */
  static async create(gpu: Gpu, options: PictureReaderOptions): Promise<PictureReader> {
    checkOptions(options);
    checkGrid(gpu, options.shape);
    const texels = texelShaders(gpu);
    const [texture, video] = await Promise.all([
      computeProgram(gpu, [texels.texture, readShader]),
      computeProgram(gpu, [texels.video, readShader]),
    ]);
    return new PictureReader(gpu, { texture, video }, options);
  }

  /**
   * Records the reading of a picture that the GPU has, such as a texture, a video or a frame of one, between the passes
   * of an encoder of the app's. With a video, submit in the same task: its frame does not outlive it.
   *
   * @param into where the tensor lies, with all pictures of a batch: `forward.x`, say
   * @param index of the picture in the batch. Default 0
   * @throws GraphError on a picture or a buffer that cannot be bound, and on a crop beyond the picture
   */
  encode(encoder: CommandEncoder, source: GpuPicture, into: BufferRange, index = 0): void {
    checkEncoder(where, encoder);
    this.#record(encoder, bindPicture(this.#gpu, where, source), into, index);
  }

  /**
   * Reads any picture, and submits that at once: those of the page (canvas, image, ImageBitmap, ImageData) are copied
   * to the GPU on the way, and frames of videos where the browser cannot lend them. Parameters and errors as of
   * `encode`.
   */
  run(source: PictureSource, into: BufferRange, index = 0): void {
    this.#gpu.check();
    const onGpu = needsCopy(this.#gpu, where, source) ? this.#upload.copy(where, source) : source;
    const encoder = this.#gpu.device.createCommandEncoder({ label: where });
    this.#record(encoder, bindPicture(this.#gpu, where, onGpu), into, index);
    this.#gpu.device.queue.submit([encoder.finish()]);
  }

  /** Frees its buffers. */
  dispose(): void {
    for (const buffer of this.#params.values()) buffer.destroy();
    this.#upload.dispose();
  }

  #record(encoder: CommandEncoder, picture: BoundPicture, into: BufferRange, index: number): void {
    this.#gpu.check();
    const { shape, crop } = this.#options;
    const [height, width, channels] = shape;
    checkWhole(where, "index", index, 0);
    if (crop && crop !== "cover") checkCrop(crop, picture.sides);
    const y = rangeOf(this.#gpu, where, into, 4 * height * width * channels * (index + 1));
    const program = this.#programs[picture.isVideo ? "video" : "texture"];
    const tensor = { buffer: this.#paramsOf(program, picture.isLinear, index) };
    const group = bind(this.#gpu, program, { picture: picture.resource, tensor, y });
    const pass = encoder.beginComputePass({ label: where });
    pass.setPipeline(program.pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(Math.ceil(width / tile), Math.ceil(height / tile));
    pass.end();
  }

  #paramsOf(program: Program<GPUComputePipeline>, isLinear: boolean, index: number): GPUBuffer {
    const key = `${index}/${isLinear}`;
    const params =
      this.#params.get(key) ?? uniform(this.#gpu, program, "tensor", paramsOf(this.#options, isLinear, index));
    this.#params.set(key, params);
    return params;
  }
}

const where = "PictureReader";

/** Side of a workgroup of shaders/pictures/read.wgsl. */
const tile = 8;

function paramsOf(
  { shape, scale = 1 / 127.5, offset = -1, crop, flipY = false }: PictureReaderOptions,
  isLinear: boolean,
  index: number,
) {
  const [height, width, channels] = shape;
  const rectangle = crop && crop !== "cover" ? crop : { left: 0, top: 0, width: 0, height: 0 };
  const [scales, offsets] = [scale, offset].map((value) => (typeof value === "number" ? [value, value, value] : value));
  return {
    index,
    height,
    width,
    channels,
    left: rectangle.left,
    top: rectangle.top,
    cropWidth: rectangle.width,
    cropHeight: rectangle.height,
    cover: crop === "cover" ? 1 : 0,
    flipY: flipY ? 1 : 0,
    isLinear: isLinear ? 1 : 0,
    scale0: scales?.[0] ?? 0,
    scale1: scales?.[1] ?? 0,
    scale2: scales?.[2] ?? 0,
    offset0: offsets?.[0] ?? 0,
    offset1: offsets?.[1] ?? 0,
    offset2: offsets?.[2] ?? 0,
  };
}

function checkOptions(options: PictureReaderOptions): void {
  checkNames(where, options, optionNames);
  const { shape, crop } = options;
  if (shape?.length !== 3 || !shape.every(isCount) || ![1, 3].includes(shape[2])) {
    const wanted = "[height, width, channels] with 1 or 3 channels";
    throw new GraphError({ where, seen: `shape [${shape?.join(", ")}]`, wanted });
  }
  for (const name of ["scale", "offset"] as const) {
    const value = options[name];
    if (value === undefined) continue;
    const list = typeof value === "number" ? [value] : value;
    if (typeof value !== "number" && list.length !== shape[2]) {
      throw new GraphError({ where, seen: `${list.length} numbers for ${name}`, wanted: `one, or ${shape[2]}` });
    }
    for (const each of list) checkNumber(where, name, each, () => true, "a number");
  }
  if (typeof crop === "string") checkWord(where, "crop", crop, ["cover"]);
  else if (crop) checkCrop(crop, null);
}

/** @throws LimitError on sides of more pixels than a dispatch has invocations along one dimension */
function checkGrid({ device }: Gpu, [height, width]: PictureReaderOptions["shape"]): void {
  const most = device.limits.maxComputeWorkgroupsPerDimension * tile;
  if (Math.max(height, width) <= most) return;
  throw new LimitError({
    where,
    seen: `a tensor of ${width}x${height} pixels`,
    wanted: `sides of at most ${most}, this device's limit`,
    mend: "Read the picture in parts, each with its crop.",
  });
}

/** @throws GraphError on a rectangle without pixels, or beyond a picture whose sides are known */
function checkCrop({ left, top, width, height }: Rectangle, sides: BoundPicture["sides"]): void {
  const whole = [left, top, width, height].every((value) => Number.isInteger(value) && value >= 0);
  const inside = !sides || (left + width <= sides.width && top + height <= sides.height);
  if (whole && width > 0 && height > 0 && inside) return;
  throw new GraphError({
    where,
    seen: `a crop of ${width}x${height} pixels at (${left}, ${top})`,
    wanted: `whole numbers, inside the picture${sides ? ` of ${sides.width}x${sides.height}` : ""}`,
  });
}
