import { FormatError } from "../core/errors.ts";
import type { Metadata } from "../io/safetensors.ts";
import type { Watched } from "./watch.ts";

/** What a training has learned from its losses, without the weights that it keeps. */
interface WatchedNumbers extends Omit<Watched, "bestWeights"> {
  /** Whether the file has the best weights, too. */
  readonly hasBest: boolean;
}

/** As metadata of a file, in JSON: what is not known yet, such as the best loss before the first, is null. */
export function encodeWatched(watched: Watched | null): Metadata {
  const { earlyStopping = null, reduceOnPlateau = null, bestWeights = null } = watched ?? {};
  return {
    ...(earlyStopping ? { earlyStopping: JSON.stringify(earlyStopping) } : {}),
    ...(reduceOnPlateau ? { reduceOnPlateau: JSON.stringify(reduceOnPlateau) } : {}),
    ...(bestWeights ? { bestWeights: "kept" } : {}),
  };
}

/** Reads it back. @throws FormatError on anything but what `encodeWatched` writes */
export function decodeWatched(where: string, metadata: Metadata): WatchedNumbers {
  const read = <K extends string>(name: string, keys: readonly K[]) => {
    const text = metadata[name];
    return text === undefined ? null : readNumbers(where, name, text, keys);
  };
  const stopping = read("earlyStopping", ["best", "waited", "bestEpoch"]);
  const reducing = read("reduceOnPlateau", ["best", "waited", "cooling", "product"]);
  return {
    earlyStopping: stopping && {
      ...stopping,
      bestEpoch: Number.isFinite(stopping.bestEpoch) ? stopping.bestEpoch : null,
    },
    reduceOnPlateau: reducing,
    hasBest: metadata.bestWeights !== undefined,
  };
}

/** The numbers of a JSON object; infinite where it has null. */
function readNumbers<K extends string>(where: string, name: string, text: string, keys: readonly K[]) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const given: Partial<Record<string, unknown>> = typeof value === "object" && value !== null ? value : {};
  const numbers = keys.map((key): [K, number] => {
    const number = given[key] === null ? Number.POSITIVE_INFINITY : given[key];
    if (typeof number === "number") return [key, number];
    throw new FormatError({ where, seen: `${name} ${text}`, wanted: `numbers for ${keys.join(", ")}` });
  });
  return Object.fromEntries(numbers) as Record<K, number>;
}
