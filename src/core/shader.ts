/**
 * A file of `shaders/` as TypeScript sees it: what `import shader from "../../shaders/gemm/tile.wgsl"` gives. A parser has
 * checked it when the bundle was built; none ships. Linking is concatenation of `source` with that of all `uses`.
 */
export interface ShaderModule {
  /** Path below `shaders/`, without extension: `"gemm/tile"`. */
  readonly path: string;
  /** The file as it stands; minified in a library that is built to ship. */
  readonly source: string;
  /** The file's own resources, in order of group and binding; those of `uses` are theirs. */
  readonly bindings: readonly ShaderBinding[];
  /**
   * What linking may set, with the default: every module-scope `const NAME = 4u;` whose value is a literal
   * (u32, i32, f32; a bool is 0 or 1). A constant computed from others is not in here: it follows them.
   */
  readonly constants: Readonly<Record<string, number>>;
  /** The shaders that the header names, `// uses: lib/grid, gemm/store`, in that order. */
  readonly uses: readonly ShaderModule[];
}

export interface ShaderBinding {
  readonly name: string;
  readonly group: number;
  readonly binding: number;
  /** A texture is bound by shaders of pictures alone, not by kernels of a plan. */
  readonly access: "read" | "read_write" | "uniform" | "texture";
  /** WGSL's type text as declared: `"array<Lane>"`. */
  readonly type: string;
  /** Layout of a uniform; absent for storage. */
  readonly struct?: UniformStruct;
}

/** A uniform's layout: scalars alone, at WGSL's offsets in bytes. */
export interface UniformStruct {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly members: readonly UniformMember[];
}

export interface UniformMember {
  readonly name: string;
  readonly type: "u32" | "i32" | "f32";
  /** Bytes from the start of the struct. */
  readonly offset: number;
}
