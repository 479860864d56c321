import type { KernelCall, Target } from "./call.ts";
import type { Program } from "./expression.ts";
import { makeNode, type Value } from "./graph.ts";
import { currentPath } from "./scope.ts";
import type { Shape, TensorType } from "./types.ts";

/** Attributes of a node: a plain frozen object of numbers, strings and arrays, so that it prints and compares. */
export type Attrs = object;

/**
 * What an operator is. It is stateless and knows no GPU: `infer` runs while the graph is built, `grad` adds nodes to
 * the graph, `lower` says in symbols which kernels run.
 */
export interface OpDef<A extends Attrs = Attrs> {
  /** As it is printed, and in labels of the GPU. */
  readonly name: string;
  /** Result types, or a ShapeError / DTypeError at the user's line. */
  infer(types: readonly TensorType[], attrs: A, where: string): readonly TensorType[];
  /** One gradient per input; null where an input has none (labels, indices). Absent: see `noGradient`. */
  grad?(context: GradContext<A>): readonly (Value | null)[];
  /** Why there is no gradient. Exactly one of `grad` and `noGradient` is present. */
  readonly noGradient?: string;
  /** The kernels that compute the outputs from the inputs, in order. */
  lower(context: LowerContext<A>): readonly KernelCall[];
  /**
   * For an elementwise operator: its program, by which it fuses with its neighbours.
   * @internal
   */
  program?(attrs: A): Program;
  /**
   * The same operator with another program and a result of this shape.
   * @internal
   */
  withProgram?(program: Program, shape: Shape): A;
  /**
   * The kernel can run an elementwise program on each value that it stores in output 0.
   * @internal
   */
  readonly epilogue?: true;
  /**
   * The kernel can run an elementwise program on each value of input 0 that it reads: see passes/absorb.ts.
   * @internal
   */
  readonly prologue?: Prologue;
  /** Output 0 is the bytes of input 0 under another shape: no kernel runs. */
  readonly view?: true;
  /**
   * The operator that does the work of this one and of an earlier one, of which it reads a result: see passes/join.ts.
   * @internal
   */
  readonly joins?: Joint;
  /**
   * Another form of one input, which the kernels read faster: see passes/prepare.ts.
   * @internal
   */
  readonly prepared?: Prepared<A>;
  /**
   * What makes output 0 again, for an operator that does more than that: see passes/recompute.ts.
   * @internal
   */
  readonly again?: Again;
  /** Pairs [output, input]: the output overwrites the input, which must be a variable. */
  inPlace?(inputCount: number, attrs: A): readonly (readonly [number, number])[];
}

/**
 * `earlier` reads nothing that the later operator does not read. `joint` has the attributes of the later one, and takes
 * the inputs of `earlier`, then what else the later one reads; it makes the results of the later one, then the first of
 * `earlier`.
 */
export interface Joint {
  readonly earlier: OpDef;
  readonly joint: OpDef;
}

/**
 * The program has two operands: the value of input 0, and that of output 0 of the node which made input `forward`,
 * without its epilogue, which the kernel makes again, bit for bit, from what it reads anyway.
 */
export interface Prologue {
  readonly forward: number;
}

/** `op` has the attributes and the epilogue of the operator, and makes its output 0, bit for bit, and nothing else. */
export interface Again {
  readonly op: OpDef;
  /** Those of `op`, by the inputs and the outputs of the operator. */
  inputs(inputs: readonly Value[], outputs: readonly Value[]): readonly Value[];
}

/** A form of one input, where that is a parameter, that is made for all nodes of a graph at once. */
export interface Prepared<A> {
  readonly input: number;
  /** Whether a node with these attributes gains by it on this target. */
  wanted(attrs: A, target: Target): boolean;
  /** One tensor with the forms of the chosen ones of all parameters, which lie side by side, and where each starts. */
  make(
    parameters: readonly Value[],
    chosen: readonly number[],
  ): { readonly forms: Value; readonly starts: readonly number[] };
  /** The attributes of a node whose last input is the tensor of forms, its own from element `start` on. */
  attach(attrs: A, start: number): A;
}

export interface GradContext<A> {
  readonly attrs: A;
  /** Those of the node. */
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Gradient of the loss by each output; null where an output does not reach the loss. */
  readonly gradients: readonly (Value | null)[];
  /** Whether a gradient by this input is needed at all. */
  readonly needs: readonly boolean[];
}

export interface LowerContext<A> {
  readonly attrs: A;
  /** The operator's own inputs, without the epilogue's operands. */
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** @internal */
  readonly prologue: Program | null;
  /** @internal */
  readonly epilogue: BoundProgram | null;
  readonly target: Target;
}

/** `noGradient` of what computes gradients. */
export const noSecondDerivatives = "Second derivatives are not part of wgrad.";

/** A program with its operands; operand 0 of an epilogue is the kernel's own value and is not listed. */
export interface BoundProgram {
  readonly program: Program;
  readonly operands: readonly Value[];
}

/**
 * Adds a node at the current module path and returns its outputs.
 * @throws what the operator's `infer` throws
 * @example
 * const twice: OpDef = {
 *   name: "twice",
 *   noGradient: "an example",
 *   infer: ([type]) => (type ? [type, type] : []),
 *   lower: () => [],
 * };
 * apply(twice, [x], {}).length; // => 2
 */
export function apply<A extends Attrs>(op: OpDef<A>, inputs: readonly Value[], attrs: A): readonly Value[] {
  const path = currentPath();
  const where = path ? `${path}/${op.name}` : op.name;
  const inputTypes = inputs.map((value) => value.type);
  const types = op.infer(inputTypes, attrs, where);
  return makeNode({ op, attrs: { ...attrs }, inputs, types, path }).outputs;
}

/**
 * `apply` for the many operators with one output.
 * @example
 * const named: OpDef = { name: "named", noGradient: "an example", infer: (types) => types, lower: () => [] };
 * applyOne(named, [x], {}).type.shape; // => [2, 8, 8, 4]
 */
export function applyOne<A extends Attrs>(op: OpDef<A>, inputs: readonly Value[], attrs: A): Value {
  return apply(op, inputs, attrs)[0] as Value;
}
