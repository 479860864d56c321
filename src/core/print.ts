import { programName } from "./expression.ts";
import type { Graph, Value } from "./graph.ts";
import { showType } from "./types.ts";

/**
 * The graph as text, one node a line, numbered from the top, so that two builds of one model print the same:
 * `%3 = conv2d(%2, conv1/kernel, conv1/bias) {strides: [1, 1]} -> tanh : f32[64, 28, 28, 6]  # lenet5/conv1`. Before
 * the name stands what a kernel makes of its first input, behind the attributes what it makes of its result.
 * @example
 * console.log(printGraph(makeGraph("gate", { y: sigmoid(x) })));
 */
export function printGraph(graph: Graph): string {
  const names = new Map<Value, string>();
  let count = 0;
  const nameOf = (value: Value): string => {
    const { source } = value;
    if (source.kind === "variable") return source.variable.name;
    if (source.kind === "input") return `@${source.name}`;
    if (source.kind === "constant") return value.type.shape.length === 0 ? `${source.data[0]}` : showType(value.type);
    const known = names.get(value) ?? `%${++count}`;
    names.set(value, known);
    return known;
  };
  const lines = graph.nodes.map((node) => {
    const inputs = node.inputs.map(nameOf).join(", ");
    const program = node.op.program?.(node.attrs);
    const name = program ? `map[${programName(program)}]` : node.op.name;
    const attrs = program ? "" : printAttrs(node.attrs);
    const prologue = node.prologue ? `${programName(node.prologue)} -> ` : "";
    const epilogue = node.epilogue ? ` -> ${programName(node.epilogue)}` : "";
    const outputs = node.outputs.map(nameOf).join(", ");
    const types = node.outputs.map((value) => showType(value.type)).join(", ");
    return `${outputs} = ${prologue}${name}(${inputs})${attrs}${epilogue} : ${types}${node.path ? `  # ${node.path}` : ""}`;
  });
  const results = Object.entries(graph.outputs).map(([name, value]) => `${name} = ${nameOf(value)}`);
  const updates = graph.updates.map(nameOf);
  return [
    `graph ${graph.name}`,
    ...lines.map((line) => `  ${line}`),
    `  return ${[...results, ...(updates.length ? [`updates ${updates.join(", ")}`] : [])].join("; ")}`,
  ].join("\n");
}

function printAttrs(attrs: object): string {
  const entries = Object.entries(attrs).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return "";
  return ` {${entries.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(", ")}}`;
}
