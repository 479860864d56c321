/** `wgrad/io`: files in and out, and what a browser keeps. */
export { decodeSafetensors, encodeSafetensors, encodeToBytes, openSafetensors } from "./safetensors.ts";
export { indexedDbStore, type TunedStore } from "./tunedStore.ts";
