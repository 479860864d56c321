declare module "virtual:examples" {
  import type { See } from "../../tools/docstringExamples.ts";

  /** By file of `src`: its examples, by their lines. */
  export const files: Readonly<
    Record<string, () => Promise<{ readonly examples: Readonly<Record<number, (see: See) => Promise<void>>> }>>
  >;
}
