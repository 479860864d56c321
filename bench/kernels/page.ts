import { sweepInPage } from "../sweep/page.ts";
import { kernelSweep } from "./sweep.ts";

await sweepInPage(kernelSweep);
