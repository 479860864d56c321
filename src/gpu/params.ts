import { ShaderError } from "../core/errors.ts";
import type { ShaderBinding } from "../core/shader.ts";

/** Packs values into a uniform struct. Exactly the struct's fields are taken, each within its type. */
export function packParams(
  binding: ShaderBinding,
  values: Readonly<Record<string, number>>,
  where: string,
): Uint8Array {
  const struct = binding.struct;
  if (!struct) throw new ShaderError({ where, seen: `binding ${binding.name}`, wanted: "a uniform struct" });
  const bytes = new Uint8Array(struct.size);
  const view = new DataView(bytes.buffer);
  const left = new Set(Object.keys(values));
  for (const { name, type, offset } of struct.members) {
    const value = values[name];
    const fits = value !== undefined && (type === "f32" ? !Number.isNaN(value) : Number.isInteger(value));
    const inRange =
      fits && (type !== "u32" || (value >= 0 && value < 2 ** 32)) && (type !== "i32" || value === (value | 0));
    if (!inRange) {
      throw new ShaderError({ where, seen: `${struct.name}.${name} = ${value}`, wanted: `a value of type ${type}` });
    }
    if (type === "f32") view.setFloat32(offset, value, true);
    else if (type === "i32") view.setInt32(offset, value, true);
    else view.setUint32(offset, value, true);
    left.delete(name);
  }
  if (left.size > 0) {
    throw new ShaderError({
      where,
      seen: `${[...left].join(", ")} for ${struct.name}`,
      wanted: `only ${struct.members.map((member) => member.name).join(", ")}`,
    });
  }
  return bytes;
}
