import type { Adapter } from "./adapter.ts";
import { elementwiseAdapters } from "./adapters/elementwise.ts";
import { linearAdapters } from "./adapters/linear.ts";
import { lossAdapters } from "./adapters/losses.ts";
import { normAdapters } from "./adapters/norm.ts";
import { poolAdapters } from "./adapters/pool.ts";
import { reduceAdapters } from "./adapters/reduce.ts";
import { shapeAdapters, upsampleAdapters } from "./adapters/shape.ts";

/**
 * What the engine can do of the vectors, by the vectors' name of the operator. To add one, write its entry in the
 * file of its family below adapters/: the layouts of its tensors and the call that builds it.
 */
export const adapters: Readonly<Record<string, Adapter>> = {
  ...elementwiseAdapters,
  ...linearAdapters,
  ...normAdapters,
  ...poolAdapters,
  ...reduceAdapters,
  ...shapeAdapters,
  ...upsampleAdapters,
  ...lossAdapters,
};
