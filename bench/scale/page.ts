import { sweepInPage } from "../sweep/page.ts";
import { scaleSweep } from "./sweep.ts";

await sweepInPage(scaleSweep);
