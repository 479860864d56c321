import { matching } from "../sweep/matching.ts";
import { fmaCeiling, streamCeiling } from "./ceilings.ts";
import { convCases, convShapes } from "./convCases.ts";
import { gemmCases } from "./gemmCases.ts";
import { caseId, type KernelCase } from "./kernelCase.ts";
import { memoryCases } from "./memoryCases.ts";

/** The ceilings, always; then every case whose id `only` finds. @throws Error where it finds none */
export function listCases(only: RegExp, software: boolean): KernelCase[] {
  const ceilings = [fmaCeiling(software), streamCeiling(4), streamCeiling(64)];
  const cases = [...convShapes.flatMap(convCases), ...gemmCases(), ...memoryCases()];
  const fitting = cases.filter(({ hardwareOnly }) => !(hardwareOnly && software));
  return [...new Set([...ceilings, ...matching([...ceilings, ...fitting], only, caseId)])];
}
