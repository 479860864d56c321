import { GraphError, ShapeError } from "../core/errors.ts";
import type { Value } from "../core/graph.ts";
import { withPath } from "../core/scope.ts";
import { type Shape, showShape, sizeOf } from "../core/types.ts";
import { type CallContext, inputLayer, Layer, type SymbolicTensor, type Weight } from "./layer.ts";

/** A weight and the layer that owns it, under the name by which files know it: `"conv1/kernel"`. */
export interface NamedWeight {
  /** With the names of its layer and of the models around it: `"conv1/kernel"`. */
  readonly name: string;
  readonly weight: Weight;
  /** False for statistics and frozen layers. */
  readonly trainable: boolean;
}

export interface NetworkOptions {
  readonly name?: string | undefined;
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
}

/**
 * A network: the layers between its inputs and its outputs. It is a layer itself, so models nest; a `Trainer`
 * (trainer.ts) gives it weights and runs it.
 */
export class Network extends Layer {
  readonly kind = "model";
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
  /** Every symbol that a layer makes, in order. */
  readonly symbols: readonly SymbolicTensor[];
  /** Layers in the order in which they are called, each with its name in this model. */
  readonly layers: ReadonlyMap<Layer, string>;

  constructor(options: NetworkOptions) {
    super(options);
    const where = options.name ?? "model";
    this.inputs = options.inputs;
    this.outputs = options.outputs;
    const seen = new Set<SymbolicTensor>(options.inputs);
    const symbols: SymbolicTensor[] = [];
    const visit = (symbol: SymbolicTensor): void => {
      if (seen.has(symbol)) return;
      seen.add(symbol);
      if (!symbol.layer) {
        throw new GraphError({
          where,
          seen: `an output that needs another input, of shape ${showShape(symbol.shape)}`,
          wanted: "only the inputs given",
          mend: "List it among the inputs.",
        });
      }
      symbol.inputs.forEach(visit);
      symbols.push(symbol);
    };
    options.outputs.forEach(visit);
    if (symbols.length === 0) throw new GraphError({ where, seen: "no layers", wanted: "one or more" });
    this.symbols = symbols;
    this.layers = nameLayers(symbols);
    const names = new Set<string>();
    for (const { name } of this.namedWeights()) {
      if (names.has(name))
        throw new GraphError({ where, seen: `two weights ${name}`, wanted: "a name for each layer" });
      names.add(name);
    }
  }

  /** All weights, those of nested models under their names. */
  namedWeights(prefix = ""): NamedWeight[] {
    return [...this.layers].flatMap(([layer, name]) => {
      if (layer instanceof Network) return layer.namedWeights(`${prefix}${name}/`);
      return layer.weights.map((weight) => ({
        name: `${prefix}${name}/${weight.name}`,
        weight,
        trainable: layer.trainable && weight.kind === "parameter",
      }));
    });
  }

  /** Whether any of its parameters learn. What is set holds for each of its layers, also for those of models within. */
  override get trainable(): boolean {
    return this.trainableParameterCount > 0;
  }

  override set trainable(trainable: boolean) {
    for (const layer of this.layers.keys()) layer.trainable = trainable;
  }

  override get parameterCount(): number {
    return [...this.layers.keys()].reduce((sum, layer) => sum + layer.parameterCount, 0);
  }

  override get mixesExamples(): boolean {
    return [...this.layers.keys()].some((layer) => layer.mixesExamples);
  }

  /** Number of values that learn: without running statistics and frozen layers. */
  get trainableParameterCount(): number {
    return this.namedWeights().reduce((sum, { trainable, weight }) => sum + (trainable ? sizeOf(weight.shape) : 0), 0);
  }

  /**
   * What the layer of this name makes, as a symbol to build further on.
   * @throws GraphError for an unknown name */
  outputOf(layerName: string): SymbolicTensor {
    const found = this.symbols.filter(({ layer }) => layer && this.layers.get(layer) === layerName);
    const [symbol] = found;
    if (!symbol || found.length > 1) {
      throw new GraphError({
        where: this.name ?? "model",
        seen: found.length > 1 ? `layer "${layerName}", called ${found.length} times` : `no layer "${layerName}"`,
        wanted: "the name of a layer that is called once",
        mend: `Its layers: ${[...this.layers.values()].join(", ")}.`,
      });
    }
    return symbol;
  }

  /**
   * Stops layers from learning: the one of this name and everything that feeds it, or all. Layers that are shared with
   * another model are frozen there too. Takes effect when the model is compiled (again), which keeps its weights.
   */
  freeze(upTo?: string): this {
    return this.#setTrainable(upTo, false);
  }

  /** Lets layers learn again: the one of this name and everything that feeds it, or all. See `freeze`. */
  unfreeze(upTo?: string): this {
    return this.#setTrainable(upTo, true);
  }

  #setTrainable(upTo: string | undefined, trainable: boolean): this {
    const layers = upTo === undefined ? this.layers.keys() : layersBefore(this.outputOf(upTo));
    for (const layer of layers) layer.trainable = trainable;
    return this;
  }

  /** The nodes of the network, for one output. */
  call(values: readonly Value[], context: CallContext): Value {
    const [first, ...more] = this.callAll(values, context);
    if (first && more.length === 0) return first;
    throw new GraphError({
      where: this.name ?? "model",
      seen: `${this.outputs.length} outputs`,
      wanted: "one, of a model that is trained or a layer of another",
      mend: "Several may become one by concatenate().",
    });
  }

  /** The nodes of the network, for all outputs.
   * @internal
   */
  callAll(values: readonly Value[], context: CallContext): Value[] {
    if (values.length !== this.inputs.length) {
      const where = this.name ?? "model";
      throw new GraphError({ where, seen: `${values.length} inputs`, wanted: `${this.inputs.length}` });
    }
    this.inputs.forEach((symbol, i) => {
      checkExample(this.name ?? "model", values[i] as Value, symbol.shape);
    });
    return this.callLayers(values, context);
  }

  /**
   * The same for inputs of other sides than the model's, which convolutions and pooling take; a layer whose weights
   * were made for one shape, such as `dense`, says that it does not. `values` are as many as the model's inputs.
   * @internal
   */
  callLayers(values: readonly Value[], context: CallContext): Value[] {
    const known = new Map(this.inputs.map((symbol, i) => [symbol, values[i] as Value]));
    for (const symbol of this.symbols) {
      const { layer } = symbol;
      if (!layer) continue;
      const inputs = symbol.inputs.map((source) => known.get(source) as Value);
      known.set(
        symbol,
        withPath(this.layers.get(layer) ?? layer.kind, () => layer.call(inputs, context)),
      );
    }
    return this.outputs.map((symbol) => known.get(symbol) as Value);
  }
}

function checkExample(where: string, { type }: Value, wanted: Shape): void {
  if (type.shape.slice(1).join() !== wanted.join()) {
    throw new ShapeError({
      where,
      seen: `examples of shape ${showShape(type.shape.slice(1))}`,
      wanted: `${showShape(wanted)}, the model's input`,
      mend: "Resize the data, or build the model for their shape.",
    });
  }
}

/** The layers that a symbol is made by. */
function layersBefore(symbol: SymbolicTensor): Set<Layer> {
  const layers = new Set<Layer>();
  const seen = new Set<SymbolicTensor>();
  const visit = (at: SymbolicTensor): void => {
    if (seen.has(at)) return;
    seen.add(at);
    if (at.layer) layers.add(at.layer);
    at.inputs.forEach(visit);
  };
  visit(symbol);
  return layers;
}

/** The names given by the user, else kind and number: conv2d, conv2d_1, .. Two layers of one name are an error. */
function nameLayers(symbols: readonly SymbolicTensor[]): Map<Layer, string> {
  const names = new Map<Layer, string>();
  const counts = new Map<string, number>();
  const given = new Set(symbols.map(({ layer }) => layer?.name));
  const taken = new Set<string>();
  for (const { layer } of symbols) {
    if (!layer || names.has(layer)) continue;
    let { name } = layer;
    while (name === undefined || (name !== layer.name && given.has(name))) {
      const count = counts.get(layer.kind) ?? 0;
      counts.set(layer.kind, count + 1);
      name = count === 0 ? layer.kind : `${layer.kind}_${count}`;
    }
    if (taken.has(name)) {
      throw new GraphError({ where: name, seen: "two layers of this name", wanted: "a name for each" });
    }
    taken.add(name);
    names.set(layer, name);
  }
  return names;
}

/** Applies layers one after the other, each fed by the one before. */
export function applyAll(layers: readonly Layer[], symbol: SymbolicTensor): SymbolicTensor {
  return layers.reduce((last, layer) => layer.apply(last), symbol);
}

/** The symbols of a stack of layers, each fed by the one before. */
export function stack(
  inputShape: Shape,
  layers: readonly Layer[],
): { inputs: SymbolicTensor[]; outputs: SymbolicTensor[] } {
  const first = inputLayer(inputShape);
  return { inputs: [first], outputs: [applyAll(layers, first)] };
}
