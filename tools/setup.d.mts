/** A program and how it was found. */
export interface FoundBrowser {
  readonly path: string;
  readonly source: "WGRAD_CHROME" | "playwright" | "installed";
}

/** What the search asks of the machine; tests give their own. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  isProgram(path: string): boolean;
  /** Where Playwright keeps its own Chromium, downloaded or not; undefined when it never downloaded any. */
  playwrightChromium(): Promise<string | undefined>;
}

export class SetupError extends Error {}

export function findBrowser(machine?: Machine): Promise<FoundBrowser | null>;
