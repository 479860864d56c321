import { FormatError } from "../../src/core/errors.ts";
import { sameShape, showShape, sizeOf } from "../../src/core/types.ts";
import { countOf, type Fields, fieldsOf, listOf, numberOf, numbersOf, textOf } from "./fields.ts";

/**
 * Reader of reference vectors in the format "wgrad-golden-1" (test/golden/README.md): an index `ops.json`,
 * `optim.json` or `train.json`, and the raw little-endian `.bin` files that its tensors name. Layout is the
 * reference's: row-major, channels first.
 */
export type GoldenData = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly dtype: "f32" | "i32" | "u8";
  readonly data: GoldenData;
  /** Largest absolute error allowed, element by element; 0 where none is stated. */
  readonly tol: number;
}

export type GoldenTensors = Readonly<Record<string, GoldenTensor>>;

export interface OpCase {
  readonly kind: "op";
  readonly id: string;
  readonly op: string;
  readonly attrs: Fields;
  readonly inputs: GoldenTensors;
  /** Upstream gradient of `outputs.y`; null where the operator is not differentiable. */
  readonly gradOutput: GoldenTensor | null;
  readonly outputs: GoldenTensors;
  /** Gradient of sum(y * gradOutput) by the inputs of these names. */
  readonly grads: GoldenTensors;
}

export interface OptimizerCase {
  readonly kind: "optimizer";
  readonly id: string;
  readonly op: string;
  /** PyTorch's class, `"SGD"`. */
  readonly optimizer: string;
  readonly attrs: Fields;
  readonly steps: number;
  readonly params: readonly {
    readonly initial: GoldenTensor;
    /** [steps, ...shape] */
    readonly gradsPerStep: GoldenTensor;
    /** [steps, ...shape] */
    readonly paramsAfterStep: GoldenTensor;
  }[];
}

export interface TrainCase {
  readonly kind: "train";
  readonly id: string;
  readonly op: string;
  readonly model: string;
  readonly optimizer: string;
  readonly attrs: Fields;
  readonly steps: number;
  /** [steps, batch, channels, height, width] */
  readonly images: GoldenTensor;
  /** [steps, batch, ...] */
  readonly labels: GoldenTensor;
  readonly initial: GoldenTensors;
  /** Loss before each update, and the largest error allowed. */
  readonly losses: readonly number[];
  readonly lossTol: readonly number[];
  readonly gradsStep0: GoldenTensors;
  readonly final: GoldenTensors;
  readonly evalLogits: GoldenTensor | null;
}

export type GoldenCase = OpCase | OptimizerCase | TrainCase;

/** The bytes of a file of the folder, null where there is none. */
export type ReadFile = (name: string) => Promise<ArrayBuffer | null>;

export const indexFiles = ["ops.json", "optim.json", "train.json"] as const;
const format = "wgrad-golden-1";

/**
 * All cases of the folder whose op or id `only` finds, in the order of the files. A file of another format, a missing
 * `.bin` or a tensor beyond its end throws a FormatError with file, case and tensor.
 */
export async function readGolden(readFile: ReadFile, only = /(?:)/): Promise<GoldenCase[]> {
  const bins = new Map<string, Promise<ArrayBuffer | null>>();
  const readBin = (name: string) => {
    const bytes = bins.get(name) ?? readFile(name);
    bins.set(name, bytes);
    return bytes;
  };
  const cases: GoldenCase[] = [];
  let found = 0;
  for (const index of indexFiles) {
    const bytes = await readFile(index);
    if (!bytes) continue;
    found++;
    for (const [i, entry] of indexOf(index, bytes).entries()) {
      const fields = fieldsOf(`${index}, case ${i}`, entry);
      const id = textOf(`${index}, case ${i}, id`, fields.id);
      const where = `${index}, ${id}`;
      const op = textOf(`${where}, op`, fields.op);
      if (!only.test(op) && !only.test(id)) continue;
      const file = textOf(`${where}, file`, fields.file);
      const bin = await readBin(file);
      if (!bin) throw new FormatError({ where, seen: `no file ${file}`, wanted: "it beside the index" });
      const reader = new CaseReader(where, { id, op }, fields, file, bin);
      cases.push(index === "ops.json" ? reader.op() : index === "optim.json" ? reader.optimizer() : reader.train());
    }
  }
  if (found === 0) {
    throw new FormatError({ seen: "a folder without reference vectors", wanted: `one of ${indexFiles.join(", ")}` });
  }
  return cases;
}

function indexOf(name: string, bytes: ArrayBuffer): readonly unknown[] {
  let index: unknown;
  try {
    index = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError({ where: name, seen: `no JSON (${reason})`, wanted: `an index of ${format}` }, { cause });
  }
  const fields = fieldsOf(name, index);
  if (fields.format !== format) {
    throw new FormatError({ where: name, seen: `format ${JSON.stringify(fields.format)}`, wanted: `"${format}"` });
  }
  return listOf(`${name}, cases`, fields.cases);
}

const elements = { f32: Float32Array, i32: Int32Array, u8: Uint8Array } as const;

/** One case of an index with the bytes of its file. */
class CaseReader {
  readonly #where: string;
  readonly #names: { readonly id: string; readonly op: string };
  readonly #fields: Fields;
  readonly #file: string;
  readonly #bin: ArrayBuffer;

  constructor(where: string, names: { id: string; op: string }, fields: Fields, file: string, bin: ArrayBuffer) {
    this.#where = where;
    this.#names = names;
    this.#fields = fields;
    this.#file = file;
    this.#bin = bin;
  }

  op(): OpCase {
    const { grad_output } = this.#fields;
    const whole: OpCase = {
      kind: "op",
      ...this.#names,
      attrs: this.#attrs(),
      inputs: this.#tensors("inputs"),
      gradOutput: grad_output ? this.#tensor("grad_output", grad_output) : null,
      outputs: this.#tensors("outputs"),
      grads: this.#tensors("grads"),
    };
    for (const [name, grad] of Object.entries(whole.grads)) {
      this.#sameShape(`grads.${name}`, grad, `inputs.${name}`, whole.inputs[name]);
    }
    if (whole.gradOutput) this.#sameShape("grad_output", whole.gradOutput, "outputs.y", whole.outputs.y);
    else if (Object.keys(whole.grads).length > 0) {
      throw new FormatError({ where: this.#where, seen: "grads without grad_output", wanted: "both or neither" });
    }
    return whole;
  }

  optimizer(): OptimizerCase {
    const steps = countOf(`${this.#where}, steps`, this.#fields.steps);
    const params = listOf(`${this.#where}, params`, this.#fields.params).map((entry, i) => {
      const fields = fieldsOf(`${this.#where}, params[${i}]`, entry);
      const initial = this.#tensor(`params[${i}].initial`, fields.initial);
      const perStep = (name: string) => {
        const tensor = this.#tensor(`params[${i}].${name}`, fields[name]);
        this.#wantShape(`params[${i}].${name}`, tensor, [steps, ...initial.shape]);
        return tensor;
      };
      return { initial, gradsPerStep: perStep("grads_per_step"), paramsAfterStep: perStep("params_after_step") };
    });
    const optimizer = textOf(`${this.#where}, optimizer`, this.#fields.optimizer);
    return { kind: "optimizer", ...this.#names, optimizer, attrs: this.#attrs(), steps, params };
  }

  train(): TrainCase {
    const { model, optimizer, losses, loss_tol, eval_logits_batch0_after_training: logits } = this.#fields;
    const steps = countOf(`${this.#where}, steps`, this.#fields.steps);
    const perStep = (name: string) => {
      const tensor = this.#tensor(name, this.#fields[name]);
      if (tensor.shape[0] !== steps) {
        const seen = `shape ${showShape(tensor.shape)}`;
        throw new FormatError({ where: `${this.#where}, ${name}`, seen, wanted: `${steps} steps` });
      }
      return tensor;
    };
    const numbers = (name: string, value: unknown) => {
      const list = numbersOf(`${this.#where}, ${name}`, value);
      if (list.length !== steps) {
        const seen = `${list.length} numbers`;
        throw new FormatError({ where: `${this.#where}, ${name}`, seen, wanted: `${steps}, one a step` });
      }
      return list;
    };
    return {
      kind: "train",
      ...this.#names,
      model: textOf(`${this.#where}, model`, model),
      optimizer: textOf(`${this.#where}, optimizer`, optimizer),
      attrs: this.#attrs(),
      steps,
      images: perStep("images"),
      labels: perStep("labels"),
      initial: this.#tensors("initial"),
      losses: numbers("losses", losses),
      lossTol: numbers("loss_tol", loss_tol),
      gradsStep0: this.#tensors("grads_step0"),
      final: this.#tensors("final"),
      evalLogits: logits ? this.#tensor("eval_logits_batch0_after_training", logits) : null,
    };
  }

  #attrs(): Fields {
    return this.#fields.attrs === undefined ? {} : fieldsOf(`${this.#where}, attrs`, this.#fields.attrs);
  }

  /** A record of tensors; an absent one is empty. */
  #tensors(part: string): GoldenTensors {
    const entries = this.#fields[part];
    if (entries === undefined || entries === null) return {};
    return Object.fromEntries(
      Object.entries(fieldsOf(`${this.#where}, ${part}`, entries)).map(([name, entry]) => [
        name,
        this.#tensor(`${part}.${name}`, entry),
      ]),
    );
  }

  #tensor(name: string, value: unknown): GoldenTensor {
    const where = `${this.#where}, ${name}`;
    const entry = fieldsOf(where, value);
    const shape = listOf(`${where}, shape`, entry.shape).map((side, i) => countOf(`${where}, shape[${i}]`, side));
    const dtype = textOf(`${where}, dtype`, entry.dtype);
    if (!(dtype === "f32" || dtype === "i32" || dtype === "u8")) {
      throw new FormatError({ where, seen: `dtype "${dtype}"`, wanted: '"f32", "i32" or "u8"' });
    }
    const offset = countOf(`${where}, offset`, entry.offset);
    const Elements = elements[dtype];
    const end = offset + sizeOf(shape) * Elements.BYTES_PER_ELEMENT;
    if (offset % 4 !== 0) throw new FormatError({ where, seen: `offset ${offset}`, wanted: "a multiple of 4" });
    if (end > this.#bin.byteLength) {
      const seen = `${dtype}${showShape(shape)} at bytes ${offset} to ${end} of ${this.#file}`;
      throw new FormatError({ where, seen, wanted: `a tensor within the file's ${this.#bin.byteLength} bytes` });
    }
    const tol = entry.tol === undefined ? 0 : numberOf(`${where}, tol`, entry.tol);
    return { shape, dtype, data: new Elements(this.#bin, offset, sizeOf(shape)), tol };
  }

  #sameShape(name: string, tensor: GoldenTensor, otherName: string, other: GoldenTensor | undefined): void {
    if (!other) {
      throw new FormatError({ where: `${this.#where}, ${name}`, seen: `no ${otherName}`, wanted: "a tensor for it" });
    }
    this.#wantShape(name, tensor, other.shape);
  }

  #wantShape(name: string, { shape }: GoldenTensor, wanted: readonly number[]): void {
    if (sameShape(shape, wanted)) return;
    const where = `${this.#where}, ${name}`;
    throw new FormatError({ where, seen: `shape ${showShape(shape)}`, wanted: showShape(wanted) });
  }
}
