import { test } from "vitest";
import { drawDigits } from "../src/data/digits.ts";
import { imageDataset } from "../src/data/imageDataset.ts";
import { lenet5 } from "../src/models/lenet5.ts";
import { sgd } from "../src/nn/optimizers.ts";
import { testGpu } from "./support/run.ts";
test("profile", async () => {
  const gpu = await testGpu();
  const model = lenet5();
  await model.compile({ gpu, optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }), loss: "sparseCategoricalCrossentropy", seed: 1 });
  const train = imageDataset(gpu, drawDigits({ count: 640, seed: 1 }), { height: 32, width: 32 });
  let t = performance.now();
  const c = await model.trainCommands(train, 64);
  console.log("compile ms", performance.now() - t, "pipelines", gpu.pipelines.size);
  await model.fit(train, { epochs: 1, batchSize: 64 });
  t = performance.now(); await model.fit(train, { epochs: 3, batchSize: 64 }); console.log("step ms", (performance.now() - t) / 30);
  const a = [await c.profile(), await c.profile(), await c.profile()];
  console.log(a[0].map((x, i) => { const ms = Math.min(...a.map(b => b[i].ms)); return x.label.padEnd(50) + ms.toFixed(2).padStart(8) + " ms " + (x.flops / ms / 1e6).toFixed(2).padStart(7) + " GF " + (x.bytes / ms / 1e6).toFixed(2) + " GB/s"; }).join("\n"), "\nsum", a[0].reduce((s, x) => s + x.ms, 0));
}, 120000);
