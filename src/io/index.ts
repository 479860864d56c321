/** `wgrad/io`: files in and out, and what a browser keeps. */
export { CsvLog } from "./csvLog.ts";
export { decodeSafetensors, encodeSafetensors, encodeToBytes, openSafetensors } from "./safetensors.ts";
export type { Logger, Scalar } from "./scalars.ts";
export { TensorBoardLog } from "./tensorBoard.ts";
export { indexedDbStore, type TunedStore } from "./tunedStore.ts";
