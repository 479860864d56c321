import adagrad from "../../shaders/optimizers/adagrad.wgsl";
import adam from "../../shaders/optimizers/adam.wgsl";
import adamLast from "../../shaders/optimizers/adamLast.wgsl";
import adamPeak from "../../shaders/optimizers/adamPeak.wgsl";
import clipNone from "../../shaders/optimizers/clipNone.wgsl";
import clipNorm from "../../shaders/optimizers/clipNorm.wgsl";
import clipValue from "../../shaders/optimizers/clipValue.wgsl";
import momentum from "../../shaders/optimizers/momentum.wgsl";
import normPartials from "../../shaders/optimizers/normPartials.wgsl";
import normTotal from "../../shaders/optimizers/normTotal.wgsl";
import rmsAbout0 from "../../shaders/optimizers/rmsAbout0.wgsl";
import rmsCentered from "../../shaders/optimizers/rmsCentered.wgsl";
import rmsDirect from "../../shaders/optimizers/rmsDirect.wgsl";
import rmsMomentum from "../../shaders/optimizers/rmsMomentum.wgsl";
import rmsprop from "../../shaders/optimizers/rmsprop.wgsl";
import sgd from "../../shaders/optimizers/sgd.wgsl";
import { type KernelCall, workgroupsFor } from "../core/call.ts";
import { GraphError, ShapeError } from "../core/errors.ts";
import { layFlat } from "../core/flat.ts";
import { scratch, type Value } from "../core/graph.ts";
import { apply, applyOne, type OpDef } from "../core/op.ts";
import { isCount } from "../core/options.ts";
import type { ShaderModule } from "../core/shader.ts";
import { sameShape, showShape, showType, type TensorType, tensorType, wantDType } from "../core/types.ts";

/**
 * One step of an optimizer over all parameters of a network: one dispatch, whatever the number of layers, because
 * parameters, gradients and each state are flat arrays (see shaders/optimizers/flat.wgsl). Formulas stand in the
 * shaders; numbers that change from step to step come in `hyper`, which the host computes in float64 and writes before
 * each run (src/nn/optimizers.ts).
 *
 * Inputs: hyper [fields], P parameters, P gradients, P tensors of each state, and with `clip: "norm"` the norm [].
 * Outputs: the P parameters, then the P tensors of each state, all in place.
 */
export interface UpdateAttrs {
  /** P. */
  readonly parameters: number;
  readonly clip: "none" | "value" | "norm";
  /** Names of the states that the algorithm keeps, as its shader binds them. */
  readonly states: readonly string[];
}

const clips: Readonly<Record<UpdateAttrs["clip"], ShaderModule>> = {
  none: clipNone,
  value: clipValue,
  norm: clipNorm,
};

interface Algorithm {
  readonly name: string;
  /** Numbers in `hyper`. */
  readonly fields: number;
  /** The shader files for a choice of states; null for a choice that there is not. */
  readonly shaders: Readonly<Record<string, readonly ShaderModule[]>>;
}

function updateOp({ name, fields, shaders }: Algorithm): OpDef<UpdateAttrs> {
  return {
    name,
    infer(types, attrs, where) {
      if (!shaders[attrs.states.join()]) {
        const wanted = Object.keys(shaders).map((states) => `[${states}]`);
        throw new GraphError({ where, seen: `states [${attrs.states.join()}]`, wanted: wanted.join(" or ") });
      }
      return inferUpdate(types, attrs, fields, where);
    },
    inPlace: (_, { parameters, states }) =>
      Array.from({ length: parameters * (1 + states.length) }, (_, i) => [
        i,
        // Parameters come after hyper, states after the gradients.
        i < parameters ? 1 + i : 1 + parameters + i,
      ]),
    lower({ attrs: { parameters: length, clip, states }, inputs }): KernelCall[] {
      const group = (index: number) => inputs.slice(1 + index * length, 1 + (index + 1) * length);
      const [hyper] = inputs;
      const norm = clip === "norm" ? inputs.at(-1) : undefined;
      const kernels = shaders[states.join()];
      if (!hyper || !kernels) return [];
      const count = vectorsIn(group(0));
      return [
        {
          name: "update",
          shaders: [...kernels, clips[clip]],
          params: { params: { count } },
          operands: {
            hyper,
            parameters: { flat: group(0) },
            gradients: { flat: group(1) },
            ...Object.fromEntries(states.map((state, i) => [state, { flat: group(2 + i) }])),
            ...(norm ? { norm } : {}),
          },
          workgroups: workgroupsFor(count, 256),
          flops: 4 * count * (4 + 4 * states.length),
        },
      ];
    },
    noGradient: "An update of the parameters is the end of a step.",
  };
}

export const sgdOp = /* @__PURE__ */ updateOp({
  name: "sgd",
  fields: 3,
  shaders: { "": [sgd] },
});

export const momentumOp = /* @__PURE__ */ updateOp({
  name: "momentum",
  fields: 7,
  shaders: { velocity: [momentum] },
});

export const adamOp = /* @__PURE__ */ updateOp({
  name: "adam",
  fields: 10,
  shaders: {
    "firstMoment,secondMoment": [adam, adamLast],
    "firstMoment,secondMoment,peakMoment": [adam, adamPeak],
  },
});

export const rmspropOp = /* @__PURE__ */ updateOp({
  name: "rmsprop",
  fields: 7,
  shaders: {
    meanSquare: [rmsprop, rmsAbout0, rmsDirect],
    "meanSquare,velocity": [rmsprop, rmsAbout0, rmsMomentum],
    "meanSquare,meanGradient": [rmsprop, rmsCentered, rmsDirect],
    "meanSquare,meanGradient,velocity": [rmsprop, rmsCentered, rmsMomentum],
  },
});

export const adagradOp = /* @__PURE__ */ updateOp({
  name: "adagrad",
  fields: 4,
  shaders: { accumulator: [adagrad] },
});

export interface UpdateTensors {
  readonly hyper: Value;
  readonly parameters: readonly Value[];
  readonly gradients: readonly Value[];
  /** By name, in the order of the algorithm; for each parameter one tensor. */
  readonly states: Readonly<Record<string, readonly Value[]>>;
  /** Clip by value (`hyper` has the limit), by global norm, or not. */
  readonly clip: UpdateAttrs["clip"];
}

/** The nodes of one step; all its values are updates. */
export function applyUpdate(
  op: OpDef<UpdateAttrs>,
  { hyper, parameters, gradients, states, clip }: UpdateTensors,
): readonly Value[] {
  const norm = clip === "norm" ? [gradientNorm(gradients)] : [];
  const inputs = [hyper, ...parameters, ...gradients, ...Object.values(states).flat(), ...norm];
  return apply(op, inputs, { parameters: parameters.length, clip, states: Object.keys(states) });
}

/** Square root of the sum of the squares of all elements of all tensors, which lie side by side: a scalar. */
export function gradientNorm(gradients: readonly Value[]): Value {
  return applyOne(gradientNormOp, gradients, {});
}

/** At most so many invocations share the sum; each adds up every so manieth vector. */
const maxThreads = 16_384;

export const gradientNormOp: OpDef = {
  name: "gradientNorm",
  infer(types, _, where) {
    if (types.length === 0) throw new GraphError({ where, seen: "no gradients", wanted: "one or more" });
    types.forEach((type, i) => {
      wantDType(where, `gradient ${i}`, type, "f32");
    });
    return [tensorType([])];
  },
  lower({ inputs, outputs: [norm] }): KernelCall[] {
    if (!norm) return [];
    const count = vectorsIn(inputs);
    const threads = Math.min(count, maxThreads);
    const partials = scratch(tensorType([threads]));
    return [
      {
        name: "partials",
        shaders: [normPartials],
        params: { params: { count, threads } },
        operands: { gradients: { flat: inputs }, partials },
        workgroups: workgroupsFor(threads, 64),
        flops: 8 * count,
      },
      {
        name: "total",
        shaders: [normTotal],
        params: { params: { count: threads } },
        operands: { partials, norm },
        workgroups: 1,
        flops: threads,
      },
    ];
  },
  noGradient: "The norm only scales an update.",
};

/** Vectors of 4 in tensors that lie side by side, gaps included. */
function vectorsIn(values: readonly Value[]): number {
  return layFlat(values.map((value) => value.type)).bytes / 16;
}

function inferUpdate(
  types: readonly TensorType[],
  { parameters: count, clip, states }: UpdateAttrs,
  fields: number,
  where: string,
): TensorType[] {
  const wanted = 1 + count * (2 + states.length) + (clip === "norm" ? 1 : 0);
  const [hyper] = types;
  if (!isCount(count) || types.length !== wanted || !hyper) {
    const parts = ["hyper", "parameters", "gradients", ...states, ...(clip === "norm" ? ["norm"] : [])];
    throw new GraphError({
      where,
      seen: `${types.length} inputs for ${count} parameters`,
      wanted: `${wanted}: ${parts.join(", ")}, a tensor for each of 1 or more parameters`,
    });
  }
  wantDType(where, "hyper", hyper, "f32");
  if (!sameShape(hyper.shape, [fields])) {
    throw new ShapeError({ where, seen: `hyper ${showType(hyper)}`, wanted: showShape([fields]) });
  }
  const group = (index: number) => types.slice(1 + index * count, 1 + (index + 1) * count);
  const parameters = group(0);
  ["parameter", "gradient", ...states].forEach((name, index) => {
    group(index).forEach((type, i) => {
      wantDType(where, `${name} ${i}`, type, "f32");
      const shape = parameters[i]?.shape ?? [];
      if (!sameShape(type.shape, shape)) {
        throw new ShapeError({ where, seen: `${name} ${i} of type ${showType(type)}`, wanted: showShape(shape) });
      }
    });
  });
  return [...parameters, ...states.flatMap((_, i) => group(2 + i))];
}
