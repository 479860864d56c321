import type { TestProject } from "vitest/node";
import { servePage } from "../../tools/servePage.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the built page is shown; ends with a slash. */
    pageUrl: string;
  }
}

/** Builds the page once for all its tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await servePage();
  project.provide("pageUrl", server.url);
  return server.close;
}
