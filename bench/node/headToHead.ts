import { writeFileSync } from "node:fs";
import { Gpu } from "../../src/gpu/gpu.ts";
import { adapterLine } from "../../tools/cli.ts";
import { versionOf } from "../headToHead/engines.ts";
import { measureNetwork } from "../headToHead/measure.ts";
import { resultsJson } from "../headToHead/results.ts";
import type { Row } from "../headToHead/rows.ts";
import { networkTable, tableNotes } from "../headToHead/table.ts";
import { networks } from "../networks/index.ts";
import type { NetworkName } from "../networks/network.ts";
import { provenance } from "../provenance.ts";
import { startNodeSession } from "./session.ts";
import { runtimeName } from "./sweep.ts";

export interface TrainOptions {
  readonly model: readonly NetworkName[];
  /** Default: each network's own. */
  readonly batch?: number;
  readonly blocks: number;
  readonly json?: string;
}

/** The head-to-head of wgrad alone: the same rows as in a browser. Exit code 1 where it cannot train. */
export async function trainInNode({ model: models, batch, blocks, json }: TrainOptions): Promise<number> {
  const gpu = await Gpu.create();
  const { adapter } = gpu;
  gpu.dispose();
  const browser = runtimeName();
  console.log(`${adapterLine(adapter)}, ${browser}`);
  const rows: Row[] = [];
  for (const model of models) {
    const network = networks[model];
    const result = await measureNetwork({
      start: startNodeSession,
      network,
      peers: ["wgrad"],
      versionOf,
      batch: batch ?? network.batch,
      blocks,
      onProgress: (line) => console.error(line),
    });
    rows.push(...result.rows);
    console.log(`\n${networkTable(model, result.rows)}`);
  }
  console.log(`\n${tableNotes}`);
  if (json !== undefined) {
    writeFileSync(json, resultsJson({ ...provenance(), browser, adapter, rows }));
    console.log(`Written: ${json}`);
  }
  return rows.some(({ cannot }) => cannot !== null) ? 1 : 0;
}
