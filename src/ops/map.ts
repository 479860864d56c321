import grid from "../../shaders/lib/grid.wgsl";
import math from "../../shaders/lib/math.wgsl";
import { type KernelCall, type Operand, workgroupsFor } from "../core/call.ts";
import { DTypeError } from "../core/errors.ts";
import { generatedShader, type Program, programBody, programName } from "../core/expression.ts";
import type { Value } from "../core/graph.ts";
import type { BoundProgram, LowerContext, OpDef } from "../core/op.ts";
import type { ShaderBinding, ShaderModule } from "../core/shader.ts";
import { broadcastShapes, type Shape, showType, sizeOf, stridesOf, tensorType } from "../core/types.ts";
import { blockFor, blockShader, type Lanes, laneShader, lanesFor } from "./lanes.ts";

/** Attributes of a `map` node. */
export interface MapAttrs {
  /** The elementwise program that it runs. */
  readonly program: Program;
  /** The result has at least this shape: operands are repeated to it. */
  readonly shape?: Shape;
  /** The row of elementwise.ts that the program is; a chain, which fusion makes last, has none. */
  readonly row?: MapRow;
}

export interface MapRow {
  readonly name: string;
  /** Numbers that stand as literals in the program. */
  readonly options: Readonly<Record<string, number>>;
}

/**
 * y[i] = program(x0[i], x1[i], ..) with NumPy's broadcasting: the operator behind every elementwise function, and behind
 * the terms of losses. What is their own is a name and a gradient (elementwise.ts, losses.ts); the kernel is generated
 * here, for a single function or a fused chain alike.
 */
export function mapOp<A extends MapAttrs = MapAttrs>(own: Pick<OpDef<A>, "name" | "grad" | "noGradient">): OpDef<A> {
  return {
    ...own,
    infer(types, { program, shape }, path) {
      const where = `${path}(${programName(program)})`;
      for (const type of types) {
        if (type.dtype !== "f32") throw new DTypeError({ where, seen: showType(type), wanted: "f32" });
      }
      const shapes = types.map((type) => type.shape);
      return [tensorType(broadcastShapes(where, ...shapes, ...(shape ? [shape] : [])))];
    },
    program: ({ program }) => program,
    // What else A has is optional: a fused chain goes without.
    withProgram: (program, shape) => ({ program, shape }) as A,
    lower: lowerMap,
  };
}

/** Each invocation makes so many lanes, and loads them before it stores any. */
const perInvocation = 4;
const workgroupSize = 256;

function lowerMap({ attrs: { program }, inputs, outputs: [y], target }: LowerContext<MapAttrs>): KernelCall[] {
  if (!y) return [];
  const shape = y.type.shape;
  const size = sizeOf(shape);
  if (size === 0) return [];
  const reads = inputs.map((value) => accessOf(value.type.shape, shape));
  const last = shape.length - 1;
  // What the vectors of an operand must divide; any do that of one that is read in full or whose value is one.
  const runs = reads.map((read) =>
    read.kind === "suffix" ? read.size : read.kind === "strided" ? (shape[last] ?? 1) : size,
  );
  const lanes = lanesFor(size, ...runs);
  const block = blockFor(target, 4, size, ...runs) === perInvocation ? perInvocation : 1;
  /** Numbers of one element of an array. */
  const wide = lanes * block;
  const count = size / wide;
  const fields: Record<string, number> = { count };
  const strided = reads.some((read) => read.kind === "strided");
  if (strided) {
    shape.forEach((side, axis) => {
      fields[`side${axis}`] = axis === last ? side / wide : side;
    });
  }
  reads.forEach((read, i) => {
    if (read.kind === "suffix") {
      fields[`period${i}`] = read.size / wide;
      if (block === 1) fields[`advance${i}`] = workgroupSize % (read.size / wide);
    }
    if (read.kind === "strided") {
      read.strides.forEach((stride, axis) => {
        fields[`stride${i}_${axis}`] = read.wide && axis < last ? stride / wide : stride;
      });
    }
  });
  const [element, body] = block === 1 ? (["Lane", lanesApart] as const) : (["Block", lanesTogether] as const);
  return [
    {
      name: programName(program).replaceAll(", ", "+"),
      shaders: [
        mapShader(program, reads, Object.keys(fields), element, body(reads, strided ? unravel(shape.length) : "")),
        math,
        laneShader(lanes),
        blockShader,
        grid,
      ],
      constants: { BLOCK: block },
      params: { params: fields },
      operands: { ...Object.fromEntries(inputs.map((value, i) => [`x${i}`, value])), y },
      workgroups: workgroupsFor(size / lanes, workgroupSize * perInvocation),
      flops: size * program.steps.length,
    },
  ];
}

type Access =
  | { readonly kind: "full" }
  | { readonly kind: "scalar" }
  /** The operand is the last axes of the result, repeated. */
  | { readonly kind: "suffix"; readonly size: number }
  /** `wide`: the last axis is not repeated, so that the operand has vectors where the result has. */
  | { readonly kind: "strided"; readonly strides: readonly number[]; readonly wide: boolean };

function accessOf(operand: Shape, result: Shape): Access {
  const size = sizeOf(operand);
  if (size === sizeOf(result)) return { kind: "full" };
  if (size === 1) return { kind: "scalar" };
  const lead = result.length - operand.length;
  const aligned = result.map((_, axis) => operand[axis - lead] ?? 1);
  const first = aligned.findIndex((side) => side !== 1);
  if (aligned.slice(first).every((side, i) => side === result[first + i])) return { kind: "suffix", size };
  const strides = stridesOf(aligned).map((stride, axis) => (aligned[axis] === 1 ? 0 : stride));
  return { kind: "strided", strides, wide: strides.at(-1) === 1 };
}

/**
 * WGSL of one elementwise kernel; the only shader text that is generated. `element` is what arrays are made of, `body` the
 * entry point.
 */
function mapShader(
  program: Program,
  reads: readonly Access[],
  fields: readonly string[],
  element: "Lane" | "Block",
  body: string,
): ShaderModule {
  const bindings: ShaderBinding[] = reads.map((read, i) => ({
    name: `x${i}`,
    group: 0,
    binding: i,
    access: "read",
    type: readsVectors(read) ? `array<${element}>` : "array<f32>",
  }));
  const y: ShaderBinding = {
    name: "y",
    group: 0,
    binding: reads.length,
    access: "read_write",
    type: `array<${element}>`,
  };
  const params = uniformBinding("params", "Params", reads.length + 1, fields);
  const source = `// ${programName(program)}
${declare([...bindings, y, params])}
fn evaluate(${reads.map((_, i) => `o${i}: Lane`).join(", ")}) -> Lane {
${programBody(program)}
}

${body}`;
  return generatedShader(`map(${programName(program)})`, source, [...bindings, y, params], []);
}

function readsVectors(read: Access): boolean {
  return read.kind !== "scalar" && (read.kind !== "strided" || read.wide);
}

/** What element `index` of the result reads of operand `i`: an element, or one number. */
function elementOf(read: Access, i: number, place: string): string {
  if (read.kind === "full") return `x${i}[index]`;
  if (read.kind === "scalar") return `x${i}[0]`;
  if (read.kind === "suffix") return `x${i}[${place}]`;
  return `x${i}[${read.strides.map((_, axis) => `at${axis} * params.stride${i}_${axis}`).join(" + ")}]`;
}

/** For a GPU: the lanes of an invocation lie a workgroup apart, so that neighbours read neighbours. */
function lanesApart(reads: readonly Access[], unravelled: string): string {
  const loads = reads.map((read, i) => {
    const element = elementOf(read, i, `place${i}`);
    return readsVectors(read) ? element : `Lane(${element})`;
  });
  // One division for all the steps of an invocation.
  const repeated = reads.flatMap(({ kind }, i) => (kind === "suffix" ? [i] : []));
  const starts = repeated.map((i) => `  let start${i} = first % params.period${i};\n  var place${i} = start${i};\n`);
  const steps = repeated.map(
    (i) =>
      `    place${i} += params.advance${i};\n    place${i} -= select(0u, params.period${i}, place${i} >= params.period${i});\n`,
  );
  // Past the end, the first step is done again.
  return `fn element(${["index", ...repeated.map((i) => `place${i}`)].map((name) => `${name}: u32`).join(", ")}) -> Lane {
${unravelled}  return evaluate(${loads.join(", ")});
}

${entryPoint}
  let first = workgroupIndex(id, grid) * ${workgroupSize * perInvocation}u + local;
  if (first >= params.count) { return; }
  var results: array<Lane, ${perInvocation}>;
  var places: array<u32, ${perInvocation}>;
${starts.join("")}  // unroll
  for (var i = 0u; i < ${perInvocation}u; i++) {
    let inside = first + i * ${workgroupSize}u < params.count;
    places[i] = select(first, first + i * ${workgroupSize}u, inside);
    results[i] = element(${["places[i]", ...repeated.map((i) => `select(start${i}, place${i}, inside)`)].join(", ")});
${steps.join("")}  }
  // unroll
  for (var i = 0u; i < ${perInvocation}u; i++) { y[places[i]] = results[i]; }
}
`;
}

/** For a CPU: the lanes of an invocation are one block, whose bounds are checked once. */
function lanesTogether(reads: readonly Access[], unravelled: string): string {
  const loads = reads.map((read, i) => `  let block${i} = ${elementOf(read, i, `index % params.period${i}`)};\n`);
  const lanes = [...Array(perInvocation).keys()].map((lane) => {
    const operands = reads.map((read, i) => (readsVectors(read) ? `block${i}[${lane}]` : `Lane(block${i})`));
    return `evaluate(${operands.join(", ")})`;
  });
  return `${entryPoint}
  let index = workgroupIndex(id, grid) * ${workgroupSize}u + local;
  if (index >= params.count) { return; }
${unravelled}${loads.join("")}  y[index] = Block(${lanes.join(", ")});
}
`;
}

const entryPoint = `@compute @workgroup_size(${workgroupSize})
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {`;

/** Row-major coordinates `at0, at1, ..` of `index`. */
function unravel(rank: number): string {
  const lines = ["  var rest = index;"];
  for (let axis = rank - 1; axis >= 0; axis--) {
    lines.push(
      `  let next${axis} = rest / params.side${axis};`,
      `  let at${axis} = rest - next${axis} * params.side${axis};`,
      `  rest = next${axis};`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** Bindings of an epilogue start here, past those of any kernel. */
const epilogueBinding = 16;

/**
 * What a kernel adds to its call so that it ends in `epilogue(value, index)`; without a program that is `value`. A kernel
 * that makes many values of one column of the result (its last axis) fetches what belongs to the column once, by
 * `epilogueColumn(column)`, and ends in `epilogueAt(value, index, fetched)`: no division and no load for each value.
 */
export function epilogueOf(
  epilogue: BoundProgram | null,
  result: Value,
  lanes: Lanes,
): Pick<KernelCall, "shaders" | "params" | "operands"> {
  const program = epilogue?.program ?? { operands: 1, steps: [], result: 0 };
  const values = epilogue?.operands ?? [];
  const columns = result.type.shape.at(-1) ?? 1;
  const reads = values.map((value) => accessOf(value.type.shape, result.type.shape));
  // A lane that reaches over the end of the last axis, as in sums of three channels, takes its values one by one.
  const ragged = columns % lanes > 0;
  const ofColumn = reads.map((read) => read.kind === "scalar" || (read.kind === "suffix" && !ragged));
  const fields: Record<string, number> = reads.some((read) => read.kind === "suffix")
    ? { columns: ragged ? columns : columns / lanes }
    : {};
  const bindings: ShaderBinding[] = reads.map((read, i) => ({
    name: `e${i}`,
    group: 0,
    binding: epilogueBinding + i,
    access: "read",
    type: read.kind === "scalar" || (read.kind === "suffix" && ragged) ? "array<f32>" : "array<Lane>",
  }));
  if (Object.keys(fields).length > 0) {
    bindings.push(
      uniformBinding("epilogueParams", "EpilogueParams", epilogueBinding + reads.length, Object.keys(fields)),
    );
  }
  const members = reads.flatMap((_, i) => (ofColumn[i] ? [`o${i + 1}: Lane`] : []));
  const fetches = reads.flatMap(({ kind }, i) => {
    if (!ofColumn[i]) return [];
    return [kind === "scalar" ? `Lane(e${i}[0])` : `e${i}[column]`];
  });
  const loads = reads.map((read, i) => {
    if (ofColumn[i]) return `  let o${i + 1} = fetched.o${i + 1};`;
    if (read.kind === "full") return `  let o${i + 1} = e${i}[index];`;
    const values = [0, 1, 2, 3].map((k) => `e${i}[(index * LANES + ${k}u) % epilogueParams.columns]`);
    return `  let o${i + 1} = laneOf(${values.join(", ")});`;
  });
  const column = fields.columns === undefined || ragged ? "0u" : "index % epilogueParams.columns";
  // `index` counts lanes of the result, `column` those of its last axis.
  const source = `// epilogue: ${programName(program) || "none"}
${declare(bindings)}
${members.length > 0 ? `struct EpilogueColumn { ${members.join(", ")} }` : "alias EpilogueColumn = u32;"}

fn epilogueColumn(column: u32) -> EpilogueColumn {
  return ${members.length > 0 ? `EpilogueColumn(${fetches.join(", ")})` : "column"};
}

fn epilogueAt(o0: Lane, index: u32, fetched: EpilogueColumn) -> Lane {
${[...loads, programBody(program)].join("\n")}
}

fn epilogue(o0: Lane, index: u32) -> Lane {
  return epilogueAt(o0, index, epilogueColumn(${column}));
}
`;
  const operands: Record<string, Operand> = Object.fromEntries(values.map((value, i) => [`e${i}`, value]));
  return {
    shaders: [generatedShader("epilogue", source, bindings, []), math, laneShader(lanes)],
    params: Object.keys(fields).length > 0 ? { epilogueParams: fields } : {},
    operands,
  };
}

function uniformBinding(name: string, struct: string, binding: number, fields: readonly string[]): ShaderBinding {
  const members = fields.map((field, i) => ({ name: field, type: "u32" as const, offset: 4 * i }));
  const size = Math.ceil((4 * fields.length) / 16) * 16;
  return { name, group: 0, binding, access: "uniform", type: struct, struct: { name: struct, size, members } };
}

function declare(bindings: readonly ShaderBinding[]): string {
  return bindings
    .map(({ name, binding, access, type, struct }) => {
      const at = `@group(0) @binding(${binding})`;
      if (!struct) return `${at} var<storage, ${access}> ${name}: ${type};`;
      const members = struct.members.map((member) => `  ${member.name}: ${member.type},`);
      return `struct ${struct.name} {\n${members.join("\n")}\n}\n${at} var<uniform> ${name}: ${type};`;
    })
    .join("\n");
}
