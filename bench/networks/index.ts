import { lenet5Bench } from "./lenet5.ts";
import { mnistcnnBench } from "./mnistcnn.ts";
import type { BenchNetwork, NetworkName } from "./network.ts";
import { unetBench } from "./unet.ts";

export const networks: Readonly<Record<NetworkName, BenchNetwork>> = {
  lenet5: lenet5Bench,
  mnistcnn: mnistcnnBench,
  unet: unetBench,
};
