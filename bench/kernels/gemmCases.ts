import { differentiate } from "../../src/core/autodiff.ts";
import { GraphError } from "../../src/core/errors.ts";
import { add } from "../../src/ops/elementwise.ts";
import { dense, matmul } from "../../src/ops/matmul.ts";
import { floatBytes, type KernelCase, tensor } from "./kernelCase.ts";

/** Square products; 2048 takes a software adapter seconds, 4096 half a minute. */
const squares = [256, 512, 1024, 2048, 4096];

/** Dense layers of the three networks: rows, depth, units. */
const denseLayers = [
  ["lenet", 64, 400, 120],
  ["lenet", 64, 120, 84],
  ["lenet", 64, 84, 10],
  ["mnist", 128, 1600, 10],
] as const;

export function gemmCases(): KernelCase[] {
  return [
    ...squares.map(squareCase),
    ...denseLayers.flatMap(([model, rows, depth, units]) => denseCases(model, rows, depth, units)),
  ];
}

function squareCase(side: number): KernelCase {
  const shape = [side, side];
  return {
    name: `gemm ${side}`,
    pass: "fwd",
    family: "gemm",
    flops: 2 * side ** 3,
    bytes: floatBytes(shape, shape, shape),
    ...(side > 2048 ? { hardwareOnly: true } : {}),
    build: () => ({ outputs: { y: matmul(tensor("a", shape), tensor("b", shape)) } }),
  };
}

function denseCases(model: string, rows: number, depth: number, units: number): KernelCase[] {
  const shapes = { x: [rows, depth], kernel: [depth, units], y: [rows, units] };
  const passes = ["fwd", "dX", "dW"] as const;
  return passes.map((pass) => ({
    name: `${model} dense ${rows}x${depth}->${units}`,
    pass,
    family: "gemm",
    flops: 2 * rows * depth * units,
    bytes: floatBytes(shapes.x, shapes.kernel, shapes.y),
    build() {
      const [x, kernel, bias] = [tensor("x", shapes.x), tensor("kernel", shapes.kernel), tensor("bias", [units])];
      const y = dense(x, kernel, bias);
      if (pass === "fwd") return { outputs: { y } };
      const wanted = pass === "dX" ? [x] : [kernel, bias];
      const gradients = differentiate(y, wanted, add, tensor("dY", shapes.y));
      const outputs = gradients.map((gradient, i) => {
        if (!gradient) throw new GraphError({ where: model, seen: `no ${pass}`, wanted: "a gradient" });
        return [`gradient${i}`, gradient] as const;
      });
      return { outputs: Object.fromEntries(outputs) };
    },
  }));
}
