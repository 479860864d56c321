import { numpy as np, tree } from "@jax-js/jax";
import type { OptimizerSpec } from "../networks/network.ts";
import type { Arrays } from "./jaxNetworks.ts";

/** Momentum: the velocities. Adam: moments, and the powers of beta so far. */
export type OptimizerState = { first: Arrays; second: Arrays; power1: np.Array; power2: np.Array };

interface JaxOptimizer {
  /** The state before the first step; takes no ownership. */
  start(parameters: Arrays): OptimizerState;
  /** Takes ownership of all three. */
  update(
    parameters: Arrays,
    gradients: Arrays,
    state: OptimizerState,
  ): { readonly parameters: Arrays; readonly state: OptimizerState };
}

export function optimizers(spec: OptimizerSpec): JaxOptimizer {
  const zeros = (parameters: Arrays): Arrays => each(tree.ref(parameters), (value) => np.zerosLike(value));
  if (spec.kind === "momentum") {
    return {
      start: (parameters) => ({ first: zeros(parameters), second: {}, power1: np.array(1), power2: np.array(1) }),
      update(parameters, gradients, state) {
        const first = each(state.first, (velocity, name) => velocity.mul(spec.momentum).add(taken(gradients, name)));
        const moved = each(parameters, (value, name) => value.sub(taken(first, name).ref.mul(spec.learningRate)));
        return { parameters: moved, state: { ...state, first } };
      },
    };
  }
  const { learningRate, beta1, beta2, epsilon } = spec;
  return {
    start: (parameters) => ({
      first: zeros(parameters),
      second: zeros(parameters),
      power1: np.array(1),
      power2: np.array(1),
    }),
    update(parameters, gradients, state) {
      const power1 = state.power1.mul(beta1);
      const power2 = state.power2.mul(beta2);
      const first = each(state.first, (mean, name) => mean.mul(beta1).add(taken(gradients, name).ref.mul(1 - beta1)));
      const second = each(state.second, (mean, name) =>
        mean.mul(beta2).add(np.square(taken(gradients, name)).mul(1 - beta2)),
      );
      const moved = each(parameters, (value, name) => {
        const mean = taken(first, name).ref.div(np.subtract(1, power1.ref));
        const deviation = np.sqrt(taken(second, name).ref.div(np.subtract(1, power2.ref)));
        return value.sub(mean.mul(learningRate).div(deviation.add(epsilon)));
      });
      return { parameters: moved, state: { first, second, power1, power2 } };
    },
  };
}

/** Maps each array, of which the function takes ownership. */
function each(arrays: Arrays, change: (value: np.Array, name: string) => np.Array): Arrays {
  return Object.fromEntries(Object.entries(arrays).map(([name, value]) => [name, change(value, name)]));
}

/** The array of that name. */
export function taken(arrays: Arrays, name: string): np.Array {
  const found = arrays[name];
  if (!found) throw new Error(`bench: no array ${name}`);
  return found;
}
