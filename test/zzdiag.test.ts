import { test } from "vitest";
import { goldenCases, allGoldenCases } from "./support/golden.ts";
import { testGpu } from "./support/run.ts";
import * as cmp from "./conformance/compare.ts";
import { runCase } from "./conformance/run.ts";
test("diag", async () => {
  const out: string[] = []; const all = await allGoldenCases();
  const c = all.find((f) => f.id === "unet_adam") as any;
  for (const [k, g] of Object.entries<any>(c.gradsStep0)) { let m = 0, s = 0, l = Infinity; for (const v of g.data) { m = Math.max(m, Math.abs(v)); s += Math.abs(v); if (v) l = Math.min(l, Math.abs(v)); } out.push([k, g.shape.join(), "max", m.toExponential(2), "mean", (s / g.data.length).toExponential(2), "min", l.toExponential(2), "tol", g.tol].join(" ")); } console.log(out.join("\n"));
  console.log(JSON.stringify(c.attrs), c.losses.slice(0, 6).join(), c.lossTol.slice(0, 6).join());
});
