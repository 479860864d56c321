import textureShader from "../../shaders/pictures/texture.wgsl";
import videoShader from "../../shaders/pictures/video.wgsl";
import { GraphError } from "../core/errors.ts";
import type { ShaderModule } from "../core/shader.ts";
import type { Gpu } from "../gpu/gpu.ts";

/** A frame of a video. */
export type Frame = VideoFrame | HTMLVideoElement;

/** A picture that the GPU has: commands can read it. */
export type GpuPicture = GPUTexture | GPUTextureView | GPUExternalTexture | Frame;

/** Bytes of red, green, blue and alpha, as `ImageData` has them; an object of this form will do, where there is no page. */
export interface PixelBytes {
  /** Row by row from the top, 4 * width * height. */
  readonly data: Uint8ClampedArray | Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A picture that the page has: it is copied to the GPU first. */
export type PagePicture = HTMLCanvasElement | OffscreenCanvas | HTMLImageElement | ImageBitmap | PixelBytes;

/** Any picture that a network can be given. */
export type PictureSource = GpuPicture | PagePicture;

/** A picture as a shader binds it. */
export interface BoundPicture {
  readonly resource: GPUBindingResource;
  readonly isVideo: boolean;
  /** Whether loads give light, not sRGB's encoding of it. */
  readonly isLinear: boolean;
  /** Where that can be known. */
  readonly sides: { readonly width: number; readonly height: number } | null;
}

/**
 * What loads the texels of each kind of picture. Where a device has no external textures (Firefox on Linux), their shader does
 * not compile, and no picture is one: frames are copied.
 */
export function texelShaders({ device }: Gpu): Readonly<Record<"texture" | "video", ShaderModule>> {
  return { texture: textureShader, video: "importExternalTexture" in device ? videoShader : textureShader };
}

/**
 * What commands read. A video's frame is valid until the task ends in which this is called.
 *
 * @throws GraphError on a texture that cannot be bound, a video without a frame, and anything else
 */
export function bindPicture({ device }: Gpu, where: string, source: GpuPicture): BoundPicture {
  if (isA("GPUTexture", source)) return bindTexture(where, source as GPUTexture);
  if (isA("GPUTextureView", source)) {
    return { resource: source as GPUTextureView, isVideo: false, isLinear: false, sides: null };
  }
  if (isA("GPUExternalTexture", source)) {
    return { resource: source as GPUExternalTexture, isVideo: true, isLinear: false, sides: null };
  }
  if (isVideo(source)) {
    checkFrame(where, source);
    const frame = importFrame(device, source);
    if (frame) return { resource: frame, isVideo: true, isLinear: false, sides: sidesOf(source) };
    throw new GraphError({
      where,
      seen: "a frame of a video that this browser cannot lend to the device",
      wanted: "a browser that can, which few without a GPU do",
      mend: "Read it by run(), which copies it where it must.",
    });
  }
  throw new GraphError({
    where,
    seen: kindOf(source),
    wanted: "a GPUTexture, GPUTextureView, GPUExternalTexture, VideoFrame or video",
    mend: "Pictures of the page are read by run(), which copies them to the GPU.",
  });
}

/**
 * Whether a picture must be copied to the GPU first: those of the page, and frames of videos where the browser cannot lend
 * them to the device.
 */
export function needsCopy({ device }: Gpu, where: string, source: PictureSource): source is PagePicture | Frame {
  if (isBytes(source) || pagePictures.some((kind) => isA(kind, source))) return true;
  if (!isVideo(source)) return false;
  checkFrame(where, source);
  return importFrame(device, source) === null;
}

const pagePictures = ["HTMLCanvasElement", "OffscreenCanvas", "HTMLImageElement", "ImageBitmap"];

/**
 * A texture for pictures of the page, as large as the last one. It is written in the order of the queue, so it serves
 * whoever submits at once.
 */
export class Upload {
  readonly #gpu: Gpu;
  #texture: GPUTexture | null = null;
  /** Where a frame is drawn that the device cannot have otherwise. */
  #canvas: OffscreenCanvas | null = null;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** Copies a picture as it is: sRGB, not premultiplied, first row at the top. */
  copy(where: string, source: PagePicture | Frame): GPUTexture {
    const { width, height } = sidesOf(source);
    const texture = this.#textureOf(where, width, height);
    const { queue } = this.#gpu.device;
    if (isBytes(source)) {
      const data = source.data as Uint8ClampedArray<ArrayBuffer>;
      if (data.length !== 4 * width * height) {
        const wanted = `${4 * width * height}, red, green, blue and alpha of ${width}x${height} pixels`;
        throw new GraphError({ where, seen: `${data.length} bytes`, wanted });
      }
      queue.writeTexture({ texture }, data, { bytesPerRow: 4 * width }, [width, height]);
    } else {
      const image = isVideo(source) ? this.#draw(source, width, height) : source;
      queue.copyExternalImageToTexture({ source: image }, { texture }, [width, height]);
    }
    return texture;
  }

  #draw(frame: Frame, width: number, height: number): OffscreenCanvas {
    const canvas = this.#canvas ?? new OffscreenCanvas(width, height);
    this.#canvas = canvas;
    Object.assign(canvas, { width, height });
    canvas.getContext("2d")?.drawImage(frame, 0, 0);
    return canvas;
  }

  dispose(): void {
    this.#texture?.destroy();
  }

  #textureOf(where: string, width: number, height: number): GPUTexture {
    const most = this.#gpu.device.limits.maxTextureDimension2D;
    if (width < 1 || height < 1 || Math.max(width, height) > most) {
      const seen = `a picture of ${width}x${height} pixels`;
      const mend = width < 1 ? "Wait until it is loaded: await image.decode()." : "Draw it smaller on a canvas first.";
      throw new GraphError({ where, seen, wanted: `sides from 1 to ${most}`, mend });
    }
    const known = this.#texture;
    if (known?.width === width && known.height === height) return known;
    known?.destroy();
    const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT;
    this.#texture = this.#gpu.watch(() =>
      this.#gpu.device.createTexture({ label: "picture", size: [width, height], format: "rgba8unorm", usage }),
    );
    return this.#texture;
  }
}

/** @throws GraphError where there is no frame to show */
function checkFrame(where: string, frame: Frame): void {
  if (sidesOf(frame).width > 0 && !("readyState" in frame && frame.readyState < 2)) return;
  throw new GraphError({
    where,
    seen: "videoWidth" in frame ? "a video without a frame yet" : "a VideoFrame that is closed",
    wanted: "a frame that can be shown",
    mend: "Wait for the event loadeddata, or read from video.requestVideoFrameCallback.",
  });
}

/** Null where the browser has no way from its videos to the device. */
function importFrame(device: GPUDevice, source: Frame): GPUExternalTexture | null {
  try {
    return device.importExternalTexture({ source });
  } catch {
    return null;
  }
}

function isBytes(source: unknown): source is PixelBytes {
  const data = (source as Partial<PixelBytes> | null)?.data;
  return data instanceof Uint8ClampedArray || data instanceof Uint8Array;
}

function isVideo(source: unknown): source is Frame {
  return isA("VideoFrame", source) || isA("HTMLVideoElement", source);
}

function bindTexture(where: string, texture: GPUTexture): BoundPicture {
  const { width, height, format, sampleCount, dimension } = texture;
  const fail = (seen: string, wanted: string, mend: string): never => {
    throw new GraphError({ where, seen, wanted, mend });
  };
  if (!(texture.usage & GPUTextureUsage.TEXTURE_BINDING)) {
    const mend = "Create it with GPUTextureUsage.TEXTURE_BINDING; a canvas takes it in configure({ usage }).";
    fail("a texture without usage TEXTURE_BINDING", "one that shaders can load from", mend);
  }
  if (dimension !== "2d" || sampleCount > 1) {
    const seen = sampleCount > 1 ? `a texture of ${sampleCount} samples` : `a texture of dimension ${dimension}`;
    fail(seen, "one of dimension 2d with one sample", "Resolve or copy it into such a one.");
  }
  if (/int|depth|stencil/.test(format)) {
    fail(`a texture of format ${format}`, "a format whose values are numbers of colours", "Use rgba8unorm, say.");
  }
  const resource = texture.createView({ dimension: "2d", baseArrayLayer: 0, arrayLayerCount: 1, mipLevelCount: 1 });
  return { resource, isVideo: false, isLinear: format.endsWith("-srgb"), sides: { width, height } };
}

function sidesOf(source: PagePicture | Frame): { width: number; height: number } {
  if ("videoWidth" in source) return { width: source.videoWidth, height: source.videoHeight };
  if ("displayWidth" in source) return { width: source.displayWidth, height: source.displayHeight };
  if ("naturalWidth" in source) return { width: source.naturalWidth, height: source.naturalHeight };
  return { width: source.width, height: source.height };
}

/** Whether it is of a class that this environment may lack: Node has neither canvas nor video. */
function isA(kind: string, source: unknown): boolean {
  const type = (globalThis as Readonly<Record<string, unknown>>)[kind];
  return typeof type === "function" && source instanceof type;
}

function kindOf(source: unknown): string {
  const name = source?.constructor?.name;
  return name ? `a ${name}` : `${source}`;
}
