import { FormatError } from "../../src/core/errors.ts";
import { CaseReader } from "./caseReader.ts";
import { type Fields, fieldsOf, listOf, textOf } from "./fields.ts";

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
