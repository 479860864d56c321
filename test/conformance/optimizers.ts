import { adagrad, adam, adamW, type Optimizer, type OptimizerOptions, rmsprop, sgd } from "../../src/nn/optimizers.ts";
import type { CaseAttrs } from "./adapter.ts";

/** What torch.optim's classes have in common; clipping comes before the step. */
function common(attrs: CaseAttrs): OptimizerOptions {
  return {
    ...optional(attrs, "lr", "learningRate"),
    ...optional(attrs, "weight_decay", "weightDecay"),
    ...optional(attrs, "clip_norm", "clipNorm"),
    ...optional(attrs, "clip_value", "clipValue"),
  };
}

function optional<Name extends string>(attrs: CaseAttrs, name: string, own: Name): { readonly [K in Name]?: number } {
  return attrs.has(name) ? ({ [own]: attrs.number(name) } as { readonly [K in Name]: number }) : {};
}

function adamOptions(attrs: CaseAttrs) {
  const [beta1 = 0.9, beta2 = 0.999] = attrs.has("betas") ? attrs.perAxis("betas", 2) : [];
  return {
    ...common(attrs),
    ...optional(attrs, "eps", "epsilon"),
    beta1,
    beta2,
    amsgrad: attrs.boolean("amsgrad", false),
  };
}

/** The engine's optimizer for a class of torch.optim; an argument that is not given is PyTorch's default. */
export const optimizers: Readonly<Record<string, (attrs: CaseAttrs) => Optimizer>> = {
  SGD: (attrs) => {
    const momentum = attrs.number("momentum", 0);
    const dampening = attrs.number("dampening", 0);
    return sgd({ ...common(attrs), momentum, dampening, nesterov: attrs.boolean("nesterov", false) });
  },
  Adam: (attrs) => adam(adamOptions(attrs)),
  AdamW: (attrs) => adamW(adamOptions(attrs)),
  RMSprop: (attrs) =>
    rmsprop({
      ...common(attrs),
      ...optional(attrs, "alpha", "rho"),
      ...optional(attrs, "eps", "epsilon"),
      momentum: attrs.number("momentum", 0),
      centered: attrs.boolean("centered", false),
    }),
  Adagrad: (attrs) =>
    adagrad({
      ...common(attrs),
      ...optional(attrs, "lr_decay", "learningRateDecay"),
      ...optional(attrs, "initial_accumulator_value", "initialAccumulatorValue"),
      ...optional(attrs, "eps", "epsilon"),
    }),
};
