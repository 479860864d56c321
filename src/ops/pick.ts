import type { Target } from "../core/call.ts";
import { GraphError } from "../core/errors.ts";
import type { ShaderModule } from "../core/shader.ts";
import { tunedDefaults } from "./tunedDefaults.ts";

/** A variant of a kernel: a flat object of what tells it from the others, such as the sides of its tile. */
export interface Candidate<V> {
  readonly variant: V;
  /** Estimated, in any unit: only the order counts. Of equal ones the first is the best. */
  readonly cost: number;
}

export interface Question {
  /** `"gemm"` */
  readonly kind: string;
  /** The shaders that differ between variants, or are the same in all: a change of their text makes measurements void. */
  readonly kernels: readonly ShaderModule[];
  /** All that the answer depends on, long sides by `bucket`. */
  readonly shape: Readonly<Record<string, number | string | boolean>>;
}

/**
 * The one place where a variant of a kernel is chosen: the one that was measured to be fastest on this device, else the
 * one that ships for its class, else the one of least estimated time. So a plan without measurements is always the same.
 */
export function pick<V extends object>(target: Target, question: Question, candidates: readonly Candidate<V>[]): V {
  const [first, ...others] = candidates;
  if (!first) throw new GraphError({ where: question.kind, seen: "no variant of the kernel", wanted: "one or more" });
  const best = others.reduce((least, candidate) => (candidate.cost < least.cost ? candidate : least), first);
  const { tuned, onChoice, adapter = "" } = target;
  const shipped = tunedDefaults[adapter];
  if (!tuned && !shipped && !onChoice) return best.variant;

  const key = keyOf(question);
  const name = tuned?.get(key) ?? shipped?.[key];
  // Shapes that share a key need not have all variants in common.
  const { variant } = candidates.find((candidate) => nameOf(candidate.variant) === name) ?? best;
  onChoice?.({
    key,
    variants: candidates.toSorted((a, b) => a.cost - b.cost).map((candidate) => nameOf(candidate.variant)),
    taken: nameOf(variant),
  });
  return variant;
}

/** Lengths for which one answer holds: themselves up to 32, then the next power of two. */
export function bucket(length: number): number {
  return length <= 32 ? length : 2 ** Math.ceil(Math.log2(length));
}

/** `"rows 8, columns 2"` */
function nameOf(variant: object): string {
  return words(variant).join(", ");
}

/** `"gemm 1f3b9a02: m 512, n 64"` */
function keyOf({ kind, kernels, shape }: Question): string {
  return `${kind} ${versionOf(kernels)}: ${words(shape).join(", ")}`;
}

function words(values: object): string[] {
  return Object.entries(values).map(([name, value]) => `${name} ${value}`);
}

const versions = new WeakMap<ShaderModule, number>();

/** Eight hexadecimal digits that change with the text of the shaders or of what they use. */
export function versionOf(shaders: readonly ShaderModule[]): string {
  const joint = shaders.reduce((sum, shader) => Math.imul(sum, 31) + textHash(shader), 0);
  return (joint >>> 0).toString(16).padStart(8, "0");
}

/** FNV-1a of the text, after that of what it uses. */
function textHash(shader: ShaderModule): number {
  const known = versions.get(shader);
  if (known !== undefined) return known;
  let hash = shader.uses.reduce((sum, used) => Math.imul(sum, 31) + textHash(used), 0x811c9dc5);
  for (let i = 0; i < shader.source.length; i++) hash = Math.imul(hash ^ shader.source.charCodeAt(i), 0x01000193);
  versions.set(shader, hash);
  return hash;
}
