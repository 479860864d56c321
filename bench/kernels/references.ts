/*
 * Rates that hand-written kernels of one shape each reached: measured earlier on the same adapter (SwiftShader in headless
 * Chromium 156 on two cores), channels last unless `best` says otherwise. The host drifts: the same kernel moved by up to
 * 35 % between runs, so gaps below 25 % are ties. GFLOP/s count useful multiply-adds; GB/s each byte once.
 */
export interface Reference {
  /** GFLOP/s for `conv` and `gemm`, GB/s for `memory`. */
  readonly rate: number;
  /** The shape that it was measured on, where that is not the case's own. */
  readonly nearest?: string;
  /** What another layout or algorithm reached, where that was more. */
  readonly best?: { readonly rate: number; readonly how: string };
}

/** The share of the reference that a kernel must reach. */
export const marks = { conv: 0.75, gemm: 0.75, memory: 0.8 } as const;

const winograd = (rate: number) => ({ rate, how: "Winograd" });
const nchw = (rate: number) => ({ rate, how: "channels first" });

const c128 = { rate: 8.8, best: nchw(9.2) };
const c64 = { rate: 10, best: nchw(10.8) };
const c32 = { rate: 10.2, best: nchw(11) };
const c16 = { rate: 11.2, best: winograd(14.2) };
const upFrom16 = { rate: 7.09 };
const upFrom64 = { rate: 5.99 };
const gemm512 = { rate: 7.36 };
const dense120 = { rate: 5.87 };
const dense120dW = { rate: 4.74 };

/** By the case's id. */
export const references: Readonly<Record<string, Reference>> = {
  "lenet conv 32,1->6 5x5 b64 fwd": { rate: 7.7 },
  "lenet conv 32,1->6 5x5 b64 dW": { rate: 5.7 },
  "lenet conv 14,6->16 5x5 b64 fwd": { rate: 7.5, best: nchw(8.8) },
  "lenet conv 14,6->16 5x5 b64 dX": { rate: 4 },
  "lenet conv 14,6->16 5x5 b64 dW": { rate: 9.2 },
  "mnist conv 28,1->32 3x3 b128 fwd": { rate: 7.3 },
  "mnist conv 28,1->32 3x3 b128 dW": { rate: 3.8 },
  "mnist conv 13,32->64 3x3 b128 fwd": { rate: 7 },
  "mnist conv 13,32->64 3x3 b128 dX": { rate: 6 },
  "mnist conv 13,32->64 3x3 b128 dW": { rate: 10.3 },
  "unet conv 128,1->16 3x3 b4 fwd": { rate: 7.5 },
  "unet conv 128,1->16 3x3 b4 dW": { rate: 6.2 },
  "unet conv 128,16->16 3x3 b4 fwd": c128,
  "unet conv 128,16->16 3x3 b4 dX": c128,
  "unet conv 128,16->16 3x3 b4 dW": { rate: 9 },
  "unet conv 64,16->32 3x3 b4 fwd": { rate: 7.4, nearest: "128,16->32" },
  "unet conv 64,16->32 3x3 b4 dX": { rate: 10, nearest: "128,32->16" },
  "unet conv 64,16->32 3x3 b4 dW": { rate: 8.3, nearest: "64,32->32" },
  "unet conv 64,32->32 3x3 b4 fwd": c64,
  "unet conv 64,32->32 3x3 b4 dX": c64,
  "unet conv 64,32->32 3x3 b4 dW": { rate: 8.3 },
  "unet conv 32,32->64 3x3 b4 fwd": { ...c32, nearest: "32,64->64" },
  "unet conv 32,32->64 3x3 b4 dX": { ...c32, nearest: "32,64->64" },
  "unet conv 32,32->64 3x3 b4 dW": { rate: 7.6, nearest: "32,64->64" },
  "unet conv 32,64->64 3x3 b4 fwd": c32,
  "unet conv 32,64->64 3x3 b4 dX": c32,
  "unet conv 32,64->64 3x3 b4 dW": { rate: 7.6 },
  "unet conv 16,64->128 3x3 b4 fwd": { ...c16, nearest: "16,128->128" },
  "unet conv 16,64->128 3x3 b4 dX": { ...c16, nearest: "16,128->128" },
  "unet conv 16,64->128 3x3 b4 dW": { rate: 6.9, nearest: "16,128->128" },
  "unet conv 16,128->128 3x3 b4 fwd": c16,
  "unet conv 16,128->128 3x3 b4 dX": c16,
  "unet conv 16,128->128 3x3 b4 dW": { rate: 6.9 },
  "unet up 16,128->64 2x2/2 b4 fwd": upFrom16,
  "unet up 16,128->64 2x2/2 b4 dX": { ...upFrom16, nearest: "its forward pass" },
  "unet up 16,128->64 2x2/2 b4 dW": { ...dense120dW, nearest: "dense 64x400->120 dW" },
  "unet conv 32,128->64 3x3 b4 fwd": { ...c32, nearest: "32,64->64" },
  "unet conv 32,128->64 3x3 b4 dX": { ...c32, nearest: "32,64->64" },
  "unet conv 32,128->64 3x3 b4 dW": { rate: 7.6, nearest: "32,64->64" },
  "unet up 32,64->32 2x2/2 b4 fwd": { ...upFrom64, nearest: "64,32->16" },
  "unet up 32,64->32 2x2/2 b4 dX": { ...upFrom64, nearest: "64,32->16 forward" },
  "unet up 32,64->32 2x2/2 b4 dW": { ...dense120dW, nearest: "dense 64x400->120 dW" },
  "unet conv 64,64->32 3x3 b4 fwd": { ...c64, nearest: "64,32->32" },
  "unet conv 64,64->32 3x3 b4 dX": { ...c64, nearest: "64,32->32" },
  "unet conv 64,64->32 3x3 b4 dW": { rate: 8.3, nearest: "64,32->32" },
  "unet up 64,32->16 2x2/2 b4 fwd": upFrom64,
  "unet up 64,32->16 2x2/2 b4 dX": { ...upFrom64, nearest: "its forward pass" },
  "unet up 64,32->16 2x2/2 b4 dW": { ...dense120dW, nearest: "dense 64x400->120 dW" },
  "unet conv 128,32->16 3x3 b4 fwd": { rate: 10 },
  "unet conv 128,32->16 3x3 b4 dX": { rate: 7.4 },
  "unet conv 128,32->16 3x3 b4 dW": { rate: 9, nearest: "128,16->16" },
  "gemm 256 fwd": { ...gemm512, nearest: "512" },
  "gemm 512 fwd": gemm512,
  "gemm 1024 fwd": { ...gemm512, nearest: "512" },
  "gemm 2048 fwd": { ...gemm512, nearest: "512" },
  "lenet dense 64x400->120 fwd": dense120,
  "lenet dense 64x400->120 dX": { ...dense120, nearest: "its forward pass" },
  "lenet dense 64x400->120 dW": dense120dW,
  "relu 4 MiB fwd": { rate: 5.3 },
  "relu 64 MiB fwd": { rate: 5.2 },
  "batch norm 128x128x16 b4 statistics": { rate: 2.5, best: nchw(3.1) },
  "batch norm 32x32x64 b4 statistics": { rate: 1.75 },
  "batch norm 128x128x16 b4 apply+relu": { rate: 2.16, best: nchw(3.06) },
  "batch norm 32x32x64 b4 apply+relu": { rate: 2.16, nearest: "128x128x16", best: nchw(3.06) },
  "max pool 2x2 128x128x16 b4 fwd": { rate: 3.1 },
  "max pool 2x2 128x128x16 b4 dX": { rate: 3, best: nchw(3.5) },
  "nearest 2x 64x64x16 b4 fwd": { rate: 3.9, best: nchw(4.1) },
  "bilinear 2x 64x64x16 b4 fwd": { rate: 1.35 },
  "concat 2 of 128x128x16 b4 fwd": { rate: 3.82 },
};
