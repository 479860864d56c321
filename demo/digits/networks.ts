import { lenet5 } from "../../src/models/lenet5.ts";
import { mnistKeras } from "../../src/models/mnist.ts";
import type { Model } from "../../src/nn/model.ts";
import type { NetworkName, Settings } from "./settings.ts";

/** How a network is made, and what of it is worth a look. */
interface NetworkFacts {
  readonly make: (options: Pick<Settings, "dropout">) => Model;
  /** Side of its input, on which smaller images are centred. */
  readonly side: number;
  /** The layer whose kernels are shown, and those whose outputs are. */
  readonly filters: string;
  readonly maps: readonly string[];
}

export const networks = {
  lenet5: { make: () => lenet5(), side: 32, filters: "conv1", maps: ["conv1", "conv2"] },
  mnistKeras: {
    make: ({ dropout }) => mnistKeras({ dropout }),
    side: 28,
    filters: "conv1",
    maps: ["conv1", "conv2"],
  },
} satisfies Readonly<Record<NetworkName, NetworkFacts>>;
