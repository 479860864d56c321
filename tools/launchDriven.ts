import { type AdapterKind, launchBrowser } from "./browser.ts";
import { type DrivenBrowser, driveChromium } from "./drivenBrowser.ts";
import { launchFirefox } from "./firefox/launch.ts";

/** Browsers that commands can run in. */
export const browserNames = ["chromium", "firefox"] as const;
export type BrowserName = (typeof browserNames)[number];

/** Starts one of them, headless, with WebGPU switched on. @throws DeviceError where it cannot be started */
export async function launchDriven(name: BrowserName, adapter?: AdapterKind): Promise<DrivenBrowser> {
  if (name === "firefox") return launchFirefox(adapter);
  return driveChromium(await launchBrowser({ headless: true, ...(adapter === undefined ? {} : { adapter }) }));
}
