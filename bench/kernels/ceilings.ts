import { flopsOf, multiplyAdds, stream } from "../../src/ops/ceilings.ts";
import { floatBytes, type KernelCase, tensor } from "./kernelCase.ts";

/** Multiply-adds. A thousandth of the work keeps a CPU busy for as long. */
export function fmaCeiling(software: boolean): KernelCase {
  const attrs = software ? { invocations: 65_536, turns: 16 } : { invocations: 1 << 20, turns: 128 };
  return {
    name: "ceiling fma",
    pass: "fwd",
    family: "ceiling",
    flops: flopsOf(attrs),
    bytes: floatBytes([attrs.invocations]),
    build: () => ({ outputs: { y: multiplyAdds(attrs) } }),
  };
}

/** `mebibytes` of x, and as many of y. */
export function streamCeiling(mebibytes: number): KernelCase {
  const shape = [mebibytes * 2 ** 18];
  return {
    name: `ceiling stream ${mebibytes} MiB`,
    pass: "fwd",
    family: "ceiling",
    flops: null,
    bytes: floatBytes(shape, shape),
    build: () => ({ outputs: { y: stream(tensor("x", shape)) } }),
  };
}
