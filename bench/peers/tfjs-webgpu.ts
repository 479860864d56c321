import "@tensorflow/tfjs-backend-webgpu";
import { servePage } from "../page/page.ts";
import { tfjs } from "./tfjs.ts";

servePage(tfjs("webgpu"));
