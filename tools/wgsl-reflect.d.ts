/** The package's types stand at its main entry, which Node cannot import by name; its module entry is the same code. */
declare module "wgsl_reflect/wgsl_reflect.module.js" {
  export * from "wgsl_reflect";
}
