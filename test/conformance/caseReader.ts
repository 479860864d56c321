import { FormatError } from "../../src/core/errors.ts";
import { sameShape, showShape, sizeOf } from "../../src/core/types.ts";
import { countOf, type Fields, fieldsOf, listOf, numberOf, numbersOf, textOf } from "./fields.ts";
import type { GoldenTensor, GoldenTensors, OpCase, OptimizerCase, TrainCase } from "./format.ts";

const elements = { f32: Float32Array, i32: Int32Array, u8: Uint8Array } as const;

/** One case of an index with the bytes of its file: checks every field, and that every tensor lies within the file. */
export class CaseReader {
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
    const inputs = this.#tensors("inputs");
    const outputs = this.#tensors("outputs");
    const grads = Object.entries(this.#tensors("grads")).map(([name, grad]) => {
      return [name, this.#like(`grads.${name}`, grad, `inputs.${name}`, inputs[name])] as const;
    });
    if (!grad_output && grads.length > 0) {
      throw new FormatError({ where: this.#where, seen: "grads without grad_output", wanted: "both or neither" });
    }
    const dY = grad_output ? this.#tensor("grad_output", grad_output) : null;
    const gradOutput = dY && this.#like("grad_output", dY, "outputs.y", outputs.y);
    return {
      kind: "op",
      ...this.#names,
      attrs: this.#attrs(),
      inputs,
      gradOutput,
      outputs,
      grads: Object.fromEntries(grads),
    };
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

  /** A tensor that must have the shape of another. A scalar's gradient is written with shape [1]. */
  #like(name: string, tensor: GoldenTensor, otherName: string, other: GoldenTensor | undefined): GoldenTensor {
    if (!other) {
      throw new FormatError({ where: `${this.#where}, ${name}`, seen: `no ${otherName}`, wanted: "a tensor for it" });
    }
    if (other.shape.length === 0 && sameShape(tensor.shape, [1])) return { ...tensor, shape: [] };
    this.#wantShape(name, tensor, other.shape);
    return tensor;
  }

  #wantShape(name: string, { shape }: GoldenTensor, wanted: readonly number[]): void {
    if (sameShape(shape, wanted)) return;
    const where = `${this.#where}, ${name}`;
    throw new FormatError({ where, seen: `shape ${showShape(shape)}`, wanted: showShape(wanted) });
  }
}
