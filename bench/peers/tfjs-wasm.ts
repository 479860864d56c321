import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { servePage } from "../page/page.ts";
import { tfjs } from "./tfjs.ts";

// Where the command serves the backend's .wasm files.
setWasmPaths("/tfjs-wasm/");
servePage(tfjs("wasm"));
