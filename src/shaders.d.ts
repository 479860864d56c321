declare module "*.wgsl" {
  const shader: import("./core/shader.ts").ShaderModule;
  export default shader;
}
