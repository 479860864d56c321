export * from "wgrad";
export * from "wgrad/data";
export * from "wgrad/io";
export * from "wgrad/models";
export * as ops from "wgrad/ops";
