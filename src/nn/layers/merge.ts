import { GraphError, ShapeError } from "../../core/errors.ts";
import type { Value } from "../../core/graph.ts";
import { checkNames } from "../../core/options.ts";
import { sameShape, showShape } from "../../core/types.ts";
import { add as addOp, mul as mulOp } from "../../ops/elementwise.ts";
import { concat } from "../../ops/shape.ts";
import type { Layer } from "../layer.ts";
import { Lambda, type LayerOptions } from "./base.ts";

function several(kind: string, options: LayerOptions, names: readonly string[], body: (x: readonly Value[]) => Value) {
  const where = options.name ?? kind;
  checkNames(where, options, ["name", ...names]);
  return new Lambda(kind, options, (inputs) => {
    if (inputs.length < 2) {
      const mend = `${kind}().apply(a, b)`;
      throw new GraphError({ where, seen: `${inputs.length} input`, wanted: "two or more", mend });
    }
    return body(inputs);
  });
}

export interface ConcatenateOptions extends LayerOptions {
  /** The batch is axis 0. Default -1: channels. */
  readonly axis?: number;
}

/**
 * Joins inputs along an axis: [h, w, c1], [h, w, c2] -> [h, w, c1 + c2].
 * @example
 * concatenate().apply(input([8, 8, 16]), input([8, 8, 32])).shape; // => [8, 8, 48]
 */
export function concatenate(options: ConcatenateOptions = {}): Layer {
  const { axis = -1 } = options;
  const where = options.name ?? "concatenate";
  return several("concatenate", options, ["axis"], (inputs) => {
    if (axis === 0 || axis === -(inputs[0]?.type.shape.length ?? 0)) {
      throw new ShapeError({ where, seen: `axis ${axis}`, wanted: "an axis of the examples, not the batch" });
    }
    return concat(inputs, axis);
  });
}

function combine(kind: string, options: LayerOptions, op: (a: Value, b: Value) => Value): Layer {
  return several(kind, options, [], (inputs) =>
    inputs.reduce((a, b) => {
      if (!sameShape(a.type.shape, b.type.shape)) {
        throw new ShapeError({
          where: options.name ?? kind,
          seen: `inputs ${showShape(a.type.shape.slice(1))} and ${showShape(b.type.shape.slice(1))}`,
          wanted: "inputs of one shape",
          mend: "Crop or stride one of them to the sides of the other; a 1x1 convolution changes channels.",
        });
      }
      return op(a, b);
    }),
  );
}

/**
 * Sum of inputs of one shape: the end of a residual block.
 * @example
 * add().apply(image, image).shape; // => [28, 28, 1]
 */
export function add(options: LayerOptions = {}): Layer {
  return combine("add", options, addOp);
}

/**
 * Product of inputs of one shape, element by element: a gate.
 * @example
 * multiply().apply(image, activation({ activation: "sigmoid" }).apply(image)).shape; // => [28, 28, 1]
 */
export function multiply(options: LayerOptions = {}): Layer {
  return combine("multiply", options, mulOp);
}
