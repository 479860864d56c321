declare module "virtual:guides" {
  /** Runs the program of a guide, by its path. */
  export const guides: Readonly<Record<string, () => Promise<unknown>>>;
}
