import terms1 from "../../shaders/gemm/terms1.wgsl";
import terms2 from "../../shaders/gemm/terms2.wgsl";
import terms3 from "../../shaders/gemm/terms3.wgsl";
import terms4 from "../../shaders/gemm/terms4.wgsl";
import type { Target } from "../core/call.ts";
import type { ShaderModule } from "../core/shader.ts";
import type { Lanes } from "./lanes.ts";

/** How the products of one step join their sum: some as products of a matrix and a vector, the rest one by one. */
export interface Terms {
  readonly shader: ShaderModule;
  readonly groups: number;
}

const shaders = [terms2, terms3, terms4];

/**
 * The width of groups that leaves the fewest statements for so many products. Only software adapters gain by it: they
 * compile a product of a matrix sooner than as many multiplications.
 */
export function termsFor(products: number, lanes: Lanes, target: Target): Terms {
  let best: Terms = { shader: terms1, groups: 0 };
  if (!target.software || lanes === 1) return best;
  const least = statementsFor(products, lanes);
  for (const [i, shader] of shaders.entries()) {
    const groups = Math.floor(products / (i + 2));
    if (products - groups * (i + 1) === least) best = { shader, groups };
  }
  return best;
}

/** Statements that so many products of a lane take on a software adapter. */
export function statementsFor(products: number, lanes: Lanes): number {
  const widths = lanes === 1 ? [1] : [2, 3, 4];
  return Math.min(...widths.map((width) => products - Math.floor(products / width) * (width - 1)));
}
