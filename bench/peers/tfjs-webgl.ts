import "@tensorflow/tfjs-backend-webgl";
import { servePage } from "../page/page.ts";
import { tfjs } from "./tfjs.ts";

servePage(tfjs("webgl"));
