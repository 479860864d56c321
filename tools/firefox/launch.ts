import { DeviceError } from "../../src/core/errors.ts";
import { type AdapterKind, chooseAdapter } from "../browser.ts";
import { type DrivenBrowser, failureOf } from "../drivenBrowser.ts";
import { softwareVulkan } from "../softwareVulkan.ts";
import { findFirefox } from "./find.ts";
import { loadPuppeteer, type PuppeteerBrowser } from "./puppeteer.ts";

/**
 * Starts a headless Firefox with WebGPU switched on, over WebDriver BiDi by Puppeteer: Playwright drives a Firefox of its own
 * make alone. On software adapters it takes Chromium's SwiftShader, unless the environment names a Vulkan driver.
 * @throws DeviceError where there is no Firefox, or it does not start
 */
export async function launchFirefox(adapter: AdapterKind = chooseAdapter()): Promise<DrivenBrowser> {
  const executablePath = findFirefox();
  const puppeteer = await loadPuppeteer();
  const env = { ...process.env, ...(adapter === "software" ? await softwareVulkan() : {}) };
  const extraPrefsFirefox = { "dom.webgpu.enabled": true, "gfx.webgpu.ignore-blocklist": true };
  const options = { executablePath, env, extraPrefsFirefox, headless: true, protocolTimeout: 0 };
  try {
    const browser = await puppeteer.launch({ browser: "firefox", ...options });
    return drive(browser, (await browser.version()).replace("/", " "));
  } catch (cause) {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).trim().split("\n");
    throw new DeviceError(
      {
        seen: `${executablePath} did not start (${reason})`,
        wanted: "a Firefox that runs",
        mend: "Run it by hand to see why, or set WGRAD_FIREFOX to the path of another.",
      },
      { cause },
    );
  }
}

function drive(browser: PuppeteerBrowser, name: string): DrivenBrowser {
  return {
    name,
    async newPage() {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      return {
        expose: (name, report) => page.exposeFunction(name, report),
        onFailure(listener) {
          page.on("pageerror", listener);
          page.on("error", listener);
          page.on("response", (response) => {
            const failure = failureOf(response);
            if (failure) listener(failure);
          });
        },
        goto: async (url) => void (await page.goto(url)),
        addModule: async (url) => void (await page.addScriptTag({ type: "module", url })),
        evaluate: (call, given) => page.evaluate(call, given),
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
}
