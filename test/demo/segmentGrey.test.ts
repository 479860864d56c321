import { expect, test } from "vitest";
import { PaintingSession } from "../../demo/segment/paintingSession.ts";
import { constant, makeGraph } from "../../src/core/graph.ts";
import { tensorType } from "../../src/core/types.ts";
import { CommandGraph } from "../../src/gpu/commandGraph.ts";
import { plan } from "../../src/passes/index.ts";
import { testGpu } from "../support/run.ts";

type Colour = readonly [red: number, green: number, blue: number];

const sides = { width: 64, height: 48 };

/** Numbers of the first channel that a network sees of a picture with two colours, in 16 crops about its middle. */
async function seenOf(left: Colour, right: Colour): Promise<Set<number>> {
  const gpu = await testGpu();
  const { width, height } = sides;
  const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const colour = Math.floor(i / 3) % width < width / 2 ? left : right;
    return colour[i % 3] ?? 0;
  });
  const session = await PaintingSession.create(
    gpu,
    { name: "two", painting: "two", ...sides, pixels },
    {
      listener: { learned: () => {}, looked: async () => {}, lost: () => {} },
      onCompile: () => {},
      checkpoint: null,
    },
  );
  const { store, batch } = session.segmenter.data;
  // Position, seed, epoch, and that the epoch is shuffled.
  const cursor = constant(tensorType([4], "u32"), Uint32Array.of(0, 1, 0, 1));
  const { x } = batch(cursor, 16);
  const commands = await CommandGraph.compile(plan(makeGraph("batch", { x }), store.layout, gpu.target), store);
  commands.run();
  const values = await commands.read("x");
  commands.dispose();
  session.dispose();
  return new Set([...values].filter((_, i) => i % 3 === 0));
}

test("crops of a grey picture come in many tones, those of colours as they are", async () => {
  const grey = await seenOf([90, 90, 90], [150, 150, 150]);
  expect(grey.size).toBeGreaterThan(16);
  for (const value of grey) expect(Math.abs(value)).toBeLessThan(1.2 + 0.3 + 0.05);
  expect((await seenOf([90, 90, 90], [150, 140, 150])).size).toBe(2);
});
