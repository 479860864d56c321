export { lenet5 } from "./lenet5.ts";
