import { FormatError } from "../../src/core/errors.ts";
import { constant, type Value } from "../../src/core/graph.ts";
import { tensorType } from "../../src/core/types.ts";
import { type Fields, numberOf, numbersOf } from "./fields.ts";
import type { GoldenTensor, GoldenTensors } from "./format.ts";
import { asItIs, type Layout, permute } from "./layout.ts";

/** How the engine does one operator of the vectors. */
export interface Adapter {
  /** Layouts of inputs and outputs by name, where the engine's is another; a gradient has that of its tensor. */
  readonly layouts?: Readonly<Record<string, Layout>>;
  /** Adds the operator to the graph; one value stands for the output `y`. */
  build(inputs: CaseInputs, attrs: CaseAttrs): Value | Readonly<Record<string, Value>>;
}

/** The reference's numbers as a leaf of the graph, in the engine's layout. */
export function leaf(tensor: GoldenTensor, layout: Layout = asItIs): Value {
  const { shape, data } = permute(tensor, layout(tensor.shape.length, tensor.dtype));
  if (tensor.dtype === "f32") return constant(tensorType(shape), Float32Array.from(data));
  return constant(tensorType(shape, "i32"), Int32Array.from(data));
}

/** The leaves of a case. It remembers which were asked for: an input that nobody reads is an error. */
export class CaseInputs {
  readonly #leaves: ReadonlyMap<string, Value>;
  readonly #read = new Set<string>();

  constructor(tensors: GoldenTensors, layouts: Readonly<Record<string, Layout>> = {}) {
    const leaves = Object.entries(tensors).map(([name, tensor]) => [name, leaf(tensor, layouts[name])] as const);
    this.#leaves = new Map(leaves);
  }

  get(name: string): Value {
    const value = this.maybe(name);
    if (!value) throw new FormatError({ seen: `no input ${name}`, wanted: "one" });
    return value;
  }

  maybe(name: string): Value | null {
    this.#read.add(name);
    return this.#leaves.get(name) ?? null;
  }

  /** Shape of an input in the engine's layout. */
  shape(name: string): readonly number[] {
    return this.get(name).type.shape;
  }

  get names(): string[] {
    return [...this.#leaves.keys()];
  }

  unread(): string[] {
    return this.names.filter((name) => !this.#read.has(name));
  }
}

/** The attributes of a case, with the reference's defaults. An attribute that nobody asks for is an error. */
export class CaseAttrs {
  readonly #fields: Fields;
  readonly #read = new Set<string>();

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  number(name: string, otherwise?: number): number {
    const value = this.#get(name);
    return value === undefined && otherwise !== undefined ? otherwise : numberOf(`attribute ${name}`, value);
  }

  boolean(name: string, otherwise: boolean): boolean {
    const value = this.#get(name);
    if (value === undefined) return otherwise;
    // PyTorch takes 0 and 1 for booleans.
    if (value === 0 || value === 1) return value === 1;
    if (typeof value === "boolean") return value;
    throw new FormatError({ where: `attribute ${name}`, seen: JSON.stringify(value), wanted: "true or false" });
  }

  /** One of a few words; the first is the default. */
  word<Word extends string>(name: string, ...words: readonly [Word, ...Word[]]): Word {
    const value = this.#get(name);
    if (value === undefined) return words[0];
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) {
      const seen = JSON.stringify(value);
      throw new FormatError({ where: `attribute ${name}`, seen, wanted: `one of ${words.join(", ")}` });
    }
    return word;
  }

  /** A list; one number stands for a list of one. */
  numbers(name: string): number[] {
    const value = this.#get(name);
    return typeof value === "number" ? [value] : numbersOf(`attribute ${name}`, value);
  }

  /** One number for each of `count` axes; a single one is for all of them. */
  perAxis(name: string, count: number, otherwise?: number): number[] {
    const value = this.#get(name);
    const numbers = value === undefined && otherwise !== undefined ? [otherwise] : this.numbers(name);
    const list = numbers.length === 1 ? new Array<number>(count).fill(numbers[0] ?? 0) : numbers;
    if (list.length !== count) {
      throw new FormatError({ where: `attribute ${name}`, seen: `${list.length} numbers`, wanted: `${count}` });
    }
    return list;
  }

  is(name: string, value: unknown): boolean {
    return this.#get(name) === value;
  }

  unread(): string[] {
    return Object.keys(this.#fields).filter((name) => this.#get(name, true) !== undefined && !this.#read.has(name));
  }

  /** JSON's null is an attribute that is not there. */
  #get(name: string, quietly = false): unknown {
    if (!quietly) this.#read.add(name);
    return this.#fields[name] ?? undefined;
  }
}
