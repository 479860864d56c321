import type { Value } from "../../../src/core/graph.ts";
import * as pool from "../../../src/ops/pool.ts";
import type { DilatedPoolOptions, PoolOptions } from "../../../src/ops/poolWindow.ts";
import type { Adapter, CaseAttrs } from "../adapter.ts";
import { channelsLast } from "../layout.ts";

const layouts = { x: channelsLast, indices: channelsLast, y: channelsLast };

/** PyTorch's window: the stride is the kernel size unless given, padding is symmetric. */
function poolOptions(attrs: CaseAttrs, axes: number): PoolOptions {
  const kernelSize = attrs.perAxis("kernel_size", axes);
  return {
    kernelSize,
    strides: attrs.has("stride") ? attrs.perAxis("stride", axes) : kernelSize,
    padding: attrs.perAxis("padding", axes, 0),
    ceilMode: attrs.boolean("ceil_mode", false),
  };
}

function maxPool(op: (x: Value, options: DilatedPoolOptions) => pool.PoolWithIndices, axes: number): Adapter {
  return {
    layouts,
    build(inputs, attrs) {
      const options = { ...poolOptions(attrs, axes), dilations: attrs.perAxis("dilation", axes, 1) };
      const { values, indices } = op(inputs.get("x"), options);
      return { y: values, indices };
    },
  };
}

function avgPool(op: (x: Value, options: pool.AvgPoolOptions) => Value, axes: number): Adapter {
  return {
    layouts,
    build(inputs, attrs) {
      const countIncludePad = attrs.boolean("count_include_pad", true);
      return op(inputs.get("x"), { ...poolOptions(attrs, axes), countIncludePad });
    },
  };
}

/** Pooling and unpooling. */
export const poolAdapters: Readonly<Record<string, Adapter>> = {
  max_pool1d: maxPool(pool.maxPoolWithIndices1d, 1),
  max_pool2d: maxPool(pool.maxPoolWithIndices2d, 2),
  avg_pool1d: avgPool(pool.avgPool1d, 1),
  avg_pool2d: avgPool(pool.avgPool2d, 2),
  global_avg_pool2d: {
    layouts,
    build: (inputs) => pool.globalAveragePool2d(inputs.get("x"), { keepDims: true }),
  },
  global_max_pool2d: {
    layouts,
    build: (inputs) => pool.globalMaxPool2d(inputs.get("x"), { keepDims: true }),
  },
  adaptive_avg_pool2d: {
    layouts,
    build: (inputs, attrs) => pool.adaptiveAvgPool2d(inputs.get("x"), attrs.perAxis("output_size", 2)),
  },
  max_unpool2d: {
    layouts,
    build(inputs, attrs) {
      const { kernelSize, strides = kernelSize } = poolOptions(attrs, 2);
      const padding = attrs.perAxis("padding", 2, 0);
      const outputSize = attrs.has("output_size") ? { outputSize: attrs.perAxis("output_size", 2) } : {};
      return pool.maxUnpool2d(inputs.get("x"), inputs.get("indices"), { kernelSize, strides, padding, ...outputSize });
    },
  },
};
