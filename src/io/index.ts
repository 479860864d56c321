/**
 * Files in and out, logs of trainings, and what a browser keeps.
 *
 * @module wgrad/io
 */
export type { FileSource } from "./byteReader.ts";
export { CsvLog } from "./csvLog.ts";
export {
  decodeSafetensors,
  encodeSafetensors,
  encodeToBytes,
  type Metadata,
  type NamedTensor,
  openSafetensors,
  type SafetensorsFile,
  type TensorData,
} from "./safetensors.ts";
export type { TensorEntry } from "./safetensorsHeader.ts";
export type { Logger, Scalar } from "./scalars.ts";
export { TensorBoardLog } from "./tensorBoard.ts";
export { indexedDbStore, type TunedStore } from "./tunedStore.ts";
