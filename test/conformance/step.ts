import { FormatError } from "../../src/core/errors.ts";
import { input, makeVariable, type Value, type Variable } from "../../src/core/graph.ts";
import { sizeOf, tensorType } from "../../src/core/types.ts";
import type { Optimizer } from "../../src/nn/optimizers.ts";
import { rateAt } from "../../src/nn/schedules.ts";
import { CaseAttrs } from "./adapter.ts";
import type { Fields } from "./fields.ts";
import type { Plain } from "./layout.ts";
import { optimizers } from "./optimizers.ts";

/** A parameter of a trajectory that starts from given numbers. */
export function parameter(name: string, { shape, data }: Plain): Variable {
  const values = { kind: "values", data: Float32Array.from(data) } as const;
  return makeVariable({ name, role: "parameter", type: tensorType(shape), initial: values });
}

/** The end of a training step: the optimizer's nodes, the variables of its state, the numbers it takes a step. */
export interface Update {
  readonly updates: readonly Value[];
  readonly slots: readonly Variable[];
  /** The input `hyper` before the step with this number, counted from 0. */
  hyper(step: number): Float32Array<ArrayBuffer>;
}

export function update(optimizer: Optimizer, parameters: readonly Variable[], gradients: readonly Value[]): Update {
  const slots = Object.entries(optimizer.slots).map(([state, value]) => {
    const variables = parameters.map(({ name, type }) => {
      const data = new Float32Array(sizeOf(type.shape)).fill(value);
      return makeVariable({ name: `${name}/${state}`, role: "slot", state, type, initial: { kind: "values", data } });
    });
    return [state, variables] as const;
  });
  const updates = optimizer.update(
    input("hyper", tensorType([optimizer.hyperSize])),
    parameters.map(({ value }) => value),
    gradients,
    Object.fromEntries(slots.map(([state, variables]) => [state, variables.map(({ value }) => value)])),
  );
  return {
    updates,
    slots: slots.flatMap(([, variables]) => variables),
    hyper: (step) => optimizer.hyper(step + 1, rateAt(optimizer.learningRate, step)),
  };
}

/** The optimizer that a case names, null where the engine has none; every argument must be known. */
export function optimizerOf(name: string, fields: Fields): Optimizer | null {
  const make = optimizers[name];
  if (!make) return null;
  const attrs = new CaseAttrs(fields);
  const optimizer = make(attrs);
  const unread = attrs.unread();
  if (unread.length === 0) return optimizer;
  throw new FormatError({
    where: name,
    seen: `attribute ${unread.join(", ")}`,
    wanted: "only what the optimizer knows",
  });
}
