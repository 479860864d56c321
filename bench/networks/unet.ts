import { drawCells } from "../../src/data/cells.ts";
import { type BenchNetwork, benchAdam, type LayerSpec } from "./network.ts";

const side = 128;
const base = 16;
const depth = 3;

/** Two 3x3 convolutions without bias, each with batch normalization. */
function twice(block: string, level: number, inputs: number): LayerSpec[] {
  const outputs = base * 2 ** level;
  return [inputs, outputs].flatMap((channels, i): LayerSpec[] => [
    {
      kind: "conv",
      name: `${block}/conv${i + 1}`,
      side: side / 2 ** level,
      kernel: 3,
      inputs: channels,
      outputs,
      bias: false,
    },
    { kind: "norm", name: `${block}/bn${i + 1}`, channels: outputs },
  ]);
}

/** U-Net on 128x128 pixels, channels 16-32-64-128, batch normalization, 2 classes for each pixel; 482,466 parameters. */
export const unetBench: BenchNetwork = {
  name: "unet",
  title: `U-Net ${side}x${side}`,
  batch: 4,
  side,
  optimizer: benchAdam,
  dropout: 0,
  layers: [
    ...[0, 1, 2].flatMap((level) => twice(`enc${level}`, level, level === 0 ? 1 : base * 2 ** (level - 1))),
    ...twice("mid", depth, base * 2 ** (depth - 1)),
    ...[2, 1, 0].flatMap((level): LayerSpec[] => {
      const outputs = base * 2 ** level;
      const below = side / 2 ** (level + 1);
      return [
        { kind: "convTranspose", name: `up${level}`, side: below, kernel: 2, inputs: 2 * outputs, outputs },
        ...twice(`dec${level}`, level, 2 * outputs),
      ];
    }),
    { kind: "conv", name: "head", side, kernel: 1, inputs: base, outputs: 2, bias: true },
  ],
  examples: (count) => {
    const { images, masks, classes } = drawCells({ count, seed: 1, size: side });
    return { count, side, images, labels: masks, classes: classes.length };
  },
};
