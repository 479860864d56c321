import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { measureNetwork } from "../../bench/headToHead/measure.ts";
import { networks } from "../../bench/networks/index.ts";

test("an engine that fails is a row that says why, also where its errors are of another frame", async () => {
  const foreign: unknown = runInNewContext(
    'class o extends Error {} Object.assign(new o("no adapter\\nat line 1"), { name: "o" })',
  );
  expect(foreign).not.toBeInstanceOf(Error);
  const { rows } = await measureNetwork({
    start: () => Promise.reject(foreign),
    network: networks.lenet5,
    peers: ["wgrad"],
    versionOf: () => "1.0.0",
    batch: 1,
    blocks: 1,
    onProgress: () => {},
  });
  expect(rows).toMatchObject([{ peer: "wgrad", msStep: null, cannot: "no adapter" }]);
});
