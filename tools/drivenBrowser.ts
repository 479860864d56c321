import type { Browser } from "playwright";

/** A page in a clean profile of its own, as commands drive it: in Chromium, or in Firefox (tools/firefox). */
export interface DrivenPage {
  /** Puts a function of the command's into the page, for pages that report; before `goto`. */
  expose(name: string, report: (event: never) => void): Promise<void>;
  /** Told where the page throws, crashes, or has a program that cannot be loaded; before `goto`. */
  onFailure(listener: (error: Error) => void): void;
  goto(url: string): Promise<void>;
  /** Runs a module; resolves when it has run. */
  addModule(url: string): Promise<void>;
  /** Calls a function that refers to nothing outside itself, in the page, with plain data. */
  evaluate<Given, Result>(call: (given: Given) => Result | Promise<Result>, given: Given): Promise<Result>;
  close(): Promise<void>;
}

export interface DrivenBrowser {
  /** `"chromium 156.0"`. */
  readonly name: string;
  newPage(): Promise<DrivenPage>;
  close(): Promise<void>;
}

/** What Playwright and Puppeteer tell alike of a response. */
export interface DrivenResponse {
  status(): number;
  url(): string;
}

/** Why the page cannot run, if this response is of its program; data that are missing are the page's to tell of. */
export function failureOf(response: DrivenResponse): Error | null {
  const isProgram = /\.(html|js|mjs|ts|wgsl)$/.test(new URL(response.url()).pathname);
  if (response.status() < 400 || !isProgram) return null;
  return new Error(`The page could not load ${response.url()} (status ${response.status()}).`);
}

/** Chromium that was started by Playwright; see `launchBrowser`. */
export function driveChromium(browser: Browser): DrivenBrowser {
  return {
    name: `${browser.browserType().name()} ${browser.version()}`,
    async newPage() {
      const context = await browser.newContext();
      const page = await context.newPage();
      return {
        expose: async (name, report) => void (await page.exposeFunction(name, report)),
        onFailure(listener) {
          page.on("pageerror", listener);
          page.on("crash", () => listener(new Error("The browser's page crashed; perhaps memory ran out.")));
          page.on("response", (response) => {
            const failure = failureOf(response);
            if (failure) listener(failure);
          });
        },
        goto: async (url) => void (await page.goto(url)),
        addModule: async (url) => void (await page.addScriptTag({ type: "module", url })),
        evaluate: <Given, Result>(call: (given: Given) => Result | Promise<Result>, given: Given) =>
          // Playwright's types take handles out of what is given; there are none in plain data.
          page.evaluate(call as (given: unknown) => Result | Promise<Result>, given as unknown),
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
}
