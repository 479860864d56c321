import { existsSync, readdirSync } from "node:fs";
import { type Browser, chromium } from "playwright";
import { DeviceError } from "../src/core/errors.ts";
import { findBrowser } from "./setup.mjs";

export { serve } from "./serve.ts";

/** Which kind of WebGPU adapter the browser is told to use: SwiftShader on the CPU, or the browser's own choice. */
export type AdapterKind = "software" | "hardware";

export interface BrowserSetting {
  readonly adapter: AdapterKind;
  readonly platform: NodeJS.Platform;
  /** Chromium's sandbox refuses to run as root. */
  readonly root: boolean;
  /** Whether pages draw by WebGPU: see `launchBrowser`. Default false. */
  readonly draws?: boolean;
}

/** Chromium's command line for WebGPU compute. */
export function browserFlags({ adapter, platform, root, draws = false }: BrowserSetting): string[] {
  const quiet = [
    "--disable-quic",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
  ];
  // Without a GPU, Chromium composes pages in a process that has no way to WebGPU's textures.
  const composed = ["--enable-features=Vulkan", "--use-vulkan=swiftshader", "--use-angle=swiftshader"];
  const software = ["--use-webgpu-adapter=swiftshader", ...(draws ? [...composed, "--ignore-gpu-blocklist"] : [])];
  // Timestamps are rounded to 100 microseconds without the developer features.
  const hardware = [
    "--enable-webgpu-developer-features",
    ...(platform === "linux" ? ["--enable-features=Vulkan"] : []),
  ];
  return [
    ...(root ? ["--no-sandbox"] : []),
    "--enable-unsafe-webgpu",
    ...(adapter === "software" ? software : hardware),
    ...quiet,
  ];
}

/** `WGRAD_ADAPTER` if set; else software on a Linux machine without a GPU's device file, hardware on every other. */
export function chooseAdapter(
  env: Readonly<Record<string, string | undefined>> = process.env,
  hasGpu = machineHasGpu(),
): AdapterKind {
  const chosen = env.WGRAD_ADAPTER;
  if (chosen === "software" || chosen === "hardware") return chosen;
  if (chosen) {
    throw new DeviceError({
      seen: `WGRAD_ADAPTER is "${chosen}"`,
      wanted: '"software" or "hardware"',
      mend: "Set one of the two, or unset it to let wgrad look for a GPU.",
    });
  }
  return hasGpu ? "hardware" : "software";
}

function machineHasGpu(): boolean {
  if (process.platform !== "linux") return true;
  const renderNodes = existsSync("/dev/dri")
    ? readdirSync("/dev/dri").filter((name) => name.startsWith("renderD"))
    : [];
  return renderNodes.length > 0 || existsSync("/dev/nvidia0");
}

/** The executable and flags for this machine, as Playwright's `launch` takes them. Throws DeviceError without a browser. */
export async function launchOptions(
  adapter = chooseAdapter(),
  draws = false,
): Promise<{ executablePath: string; args: string[] }> {
  const browser = await findBrowser().catch((cause: Error) => {
    throw new DeviceError(cause.message, { cause });
  });
  if (!browser) {
    throw new DeviceError({
      seen: "no Chrome or Chromium on this machine",
      wanted: "one with WebGPU",
      mend: "Run `npm run setup`, or set WGRAD_CHROME to the path of one.",
    });
  }
  const root = process.getuid?.() === 0;
  return { executablePath: browser.path, args: browserFlags({ adapter, platform: process.platform, root, draws }) };
}

export interface LaunchSetting {
  readonly headless: boolean;
  readonly adapter?: AdapterKind;
  /** Whether Ctrl-C closes the browser at once. Default true; false for a command that has something to finish. */
  readonly closeOnInterrupt?: boolean;
  /**
   * Whether pages draw on canvases by WebGPU, or read videos with it. SwiftShader then composes the page too, which takes
   * of the CPU's time; without, such a canvas loses its device. Default false.
   */
  readonly draws?: boolean;
}

/** Starts the browser that set-up found, with WebGPU switched on. Throws DeviceError when it cannot be started. */
export async function launchBrowser(setting: LaunchSetting): Promise<Browser> {
  const { headless, adapter, closeOnInterrupt = true, draws = false } = setting;
  const launch = await launchOptions(adapter, draws);
  try {
    return await chromium.launch({ ...launch, headless, handleSIGINT: closeOnInterrupt });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.trim().split("\n")[0] : String(cause);
    throw new DeviceError(
      {
        seen: `${launch.executablePath} did not start (${reason})`,
        wanted: "a Chrome or Chromium that runs",
        mend: "Run it by hand to see why, or set WGRAD_CHROME to the path of another.",
      },
      { cause },
    );
  }
}
