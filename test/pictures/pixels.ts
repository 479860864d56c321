import { numbers } from "../support/run.ts";

/** Pictures for tests, and what becomes of them by naive loops in float64. */

/** Seeded bytes, RGBA, opaque. */
export function randomPixels(width: number, height: number, seed: number): Uint8ClampedArray<ArrayBuffer> {
  const bytes = Uint8ClampedArray.from(numbers(4 * width * height, seed), (value) => Math.round((value + 1) * 127.5));
  for (let i = 3; i < bytes.length; i += 4) bytes[i] = 255;
  return bytes;
}

export function textureOf(
  device: GPUDevice,
  pixels: Uint8ClampedArray<ArrayBuffer>,
  width: number,
  height: number,
  format: GPUTextureFormat = "rgba8unorm",
): GPUTexture {
  const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST;
  const texture = device.createTexture({ size: [width, height], format, usage });
  device.queue.writeTexture({ texture }, pixels, { bytesPerRow: 4 * width }, [width, height]);
  return texture;
}

export interface Wanted {
  readonly shape: readonly [height: number, width: number, channels: number];
  readonly crop?: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly flipY?: boolean;
}

/** Bilinear, pixel centres at .5, edges repeated; channels 0 to 255. */
export function resized(
  pixels: ArrayLike<number>,
  width: number,
  height: number,
  { shape: [h, w, channels], crop = { left: 0, top: 0, width, height }, flipY = false }: Wanted,
): number[] {
  const at = (x: number, y: number, c: number) => Number(pixels[4 * ((crop.top + y) * width + crop.left + x) + c]);
  const axis = (to: number, from: number, size: number) => {
    const centre = Math.min(Math.max(((to + 0.5) * from) / size - 0.5, 0), from - 1);
    const low = Math.floor(centre);
    return [low, Math.min(low + 1, from - 1), centre - low] as const;
  };
  const result: number[] = [];
  for (let row = 0; row < h; row++) {
    const [top, bottom, v] = axis(flipY ? h - 1 - row : row, crop.height, h);
    for (let column = 0; column < w; column++) {
      const [left, right, u] = axis(column, crop.width, w);
      const rgb = [0, 1, 2].map(
        (c) =>
          (1 - v) * ((1 - u) * at(left, top, c) + u * at(right, top, c)) +
          v * ((1 - u) * at(left, bottom, c) + u * at(right, bottom, c)),
      );
      const [r = 0, g = 0, b = 0] = rgb;
      result.push(...(channels === 1 ? [0.299 * r + 0.587 * g + 0.114 * b] : rgb));
    }
  }
  return result;
}

/** The bytes of a texture of 4 bytes a pixel, rows without padding. */
export async function readPixels(device: GPUDevice, texture: GPUTexture): Promise<Uint8Array> {
  const { width, height } = texture;
  const bytesPerRow = Math.ceil((4 * width) / 256) * 256;
  const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
  const buffer = device.createBuffer({ size: bytesPerRow * height, usage });
  const encoder = device.createCommandEncoder();
  encoder.copyTextureToBuffer({ texture }, { buffer, bytesPerRow }, [width, height]);
  device.queue.submit([encoder.finish()]);
  await buffer.mapAsync(GPUMapMode.READ);
  const padded = new Uint8Array(buffer.getMappedRange());
  const pixels = new Uint8Array(4 * width * height);
  for (let row = 0; row < height; row++) {
    pixels.set(padded.subarray(row * bytesPerRow, row * bytesPerRow + 4 * width), row * 4 * width);
  }
  buffer.destroy();
  return pixels;
}
